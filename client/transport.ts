import { unreachable } from "./errors.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Rejects when the connection ends before the body does. Read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends one request and resolves when the answer's headers are there, also while the request's body is still going
 * out. Redirects are not followed: a token belongs to the host it was sent to. Rejects `ClientError` without a status
 * when no answer comes, and the signal's reason when it aborts.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** The platform's fetch. Programs in Node that upload take `node-transport.ts`, which also reads early refusals. */
export const fetchTransport: Transport = async (request) => {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
      signal: request.signal ?? null,
      ...bodyInit(request.body),
    });
    return {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
      body: bytesOf(response, request),
    };
  } catch (error) {
    throw unreachable(request, error);
  }
};

/** The whole body as text. */
export async function textOf(response: HttpResponse): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** A streaming body needs `duplex`, which the platform's types do not know yet. */
function bodyInit(body: HttpRequest["body"]): RequestInit {
  if (body === undefined || typeof body === "string") return { body: body ?? null };
  const iterator = body[Symbol.asyncIterator]();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return { body: stream, duplex: "half" } as RequestInit;
}

async function* bytesOf(response: Response, request: HttpRequest): AsyncIterable<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } catch (error) {
    throw unreachable(request, error);
  } finally {
    if (!finished) await reader.cancel().catch(() => undefined);
  }
}
