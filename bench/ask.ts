import { Agent, type ClientRequest, request } from "node:http";
import { text } from "node:stream/consumers";

export type Headers = Readonly<Record<string, string>>;

/** Where an image service is, and what whoever asks it sends with each request. */
export interface Access {
  readonly url: string;
  readonly headers: Headers;
}

/** As many connections as a bench ever has requests under way. */
export const keptConnections = new Agent({ keepAlive: true, maxSockets: 64 });

/** Glance's processes have waited for one another for ever; the longest that anybody has worked is a third of this. */
const PATIENCE_SECONDS = 300;

/** Ends a request of which nothing is heard any more. */
export const notForEver = (sent: ClientRequest): ClientRequest =>
  sent.setTimeout(PATIENCE_SECONDS * 1000, () =>
    sent.destroy(new Error(`${sent.method} ${sent.path}: nothing for ${PATIENCE_SECONDS} s`)),
  );

/**
 * One request, with JSON or without; resolves with the text of the answer, rejects when that is not a success. Not by
 * `fetch`, which takes the processor from what is measured.
 */
export async function ask({ url, headers }: Access, method: string, path: string, body?: unknown) {
  return new Promise<string>((resolve, reject) => {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const how = { method, agent: keptConnections, headers: { ...headers, ...json } };
    const sent = notForEver(request(url + path, how));
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
