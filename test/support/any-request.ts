/** Also one that the platform's own class does not make, and a socket can bring: a GET with a body. */
export function anyRequest(
  method: string,
  url: string,
  init: { headers: Headers; body: BodyInit | null },
): Request {
  if (init.body === null || (method !== "GET" && method !== "HEAD"))
    return new Request(url, { method, ...init });
  const request = new Request(url, { method: "POST", ...init });
  return Object.defineProperty(request, "method", { value: method });
}

/** The text as a body that comes in chunks, without a length. */
export const chunkedBody = (text: string): ReadableStream<Uint8Array> =>
  new Blob([text]).stream().pipeThrough(new IdentityTransformStream());
