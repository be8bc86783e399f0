import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

export type Headers = Readonly<Record<string, string>>;

/** Where an image service is, and what whoever asks it sends with each request. */
export interface Access {
  readonly url: string;
  readonly headers: Headers;
}

/** As many connections as a bench ever has requests under way. */
export const keptConnections = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * One request, with JSON or without; resolves with the text of the answer, rejects when that is not a success. Not by
 * `fetch`, which takes the processor from what is measured.
 */
export async function ask({ url, headers }: Access, method: string, path: string, body?: unknown) {
  return new Promise<string>((resolve, reject) => {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const sent = request(url + path, { method, agent: keptConnections, headers: { ...headers, ...json } });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const status = response.statusCode ?? 0;
      text(response).then(
        (answer) =>
          status >= 200 && status < 300
            ? resolve(answer)
            : reject(new Error(`${method} ${path} answered ${status}: ${answer}`)),
        reject,
      );
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Milliseconds until the whole answer is there. */
export async function millisecondsOf(access: Access, path: string): Promise<number> {
  const started = performance.now();
  await ask(access, "GET", path);
  return performance.now() - started;
}
