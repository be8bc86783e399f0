import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { setImmediate } from "node:timers/promises";
import { unreachable } from "./errors.ts";
import type { HttpRequest, HttpResponse, Transport } from "./transport.ts";

export interface TlsOptions {
  /** Certificates to trust, in PEM, in place of the system's. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Trust any certificate. */
  readonly insecure?: boolean | undefined;
}

/**
 * Node's HTTP client as a transport. Unlike fetch it takes certificates, and it reports a refusal that arrives while
 * the body is still going out: the rest is then not sent.
 */
export function nodeTransport(tls: TlsOptions = {}): Transport {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({
    keepAlive: true,
    rejectUnauthorized: !tls.insecure,
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
  });
  return async (request) => {
    try {
      const secure = new URL(request.url).protocol === "https:";
      const options = { method: request.method, headers: request.headers, signal: request.signal };
      const outgoing = secure
        ? requestHttps(request.url, { ...options, agent: https })
        : requestHttp(request.url, { ...options, agent: http });
      return await exchange(outgoing, request);
    } catch (error) {
      throw unreachable(request, error);
    }
  };
}

async function exchange(outgoing: ClientRequest, request: HttpRequest): Promise<HttpResponse> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    // The listener stays: an error after the answer is the body's to report, and must not end the program.
    outgoing.on("error", reject);
  });
  if (request.body === undefined || typeof request.body === "string") outgoing.end(request.body);
  else void send(outgoing, request.body instanceof Blob ? request.body.stream() : request.body);
  const incoming = await answer;
  return {
    status: incoming.statusCode ?? 0,
    statusText: incoming.statusMessage ?? "",
    headers: headersOf(incoming),
    body: bytesOf(incoming, outgoing, request),
  };
}

/** Writes the body as fast as the peer takes it, and stops when the peer has answered or gone. */
async function send(outgoing: ClientRequest, body: AsyncIterable<Uint8Array>): Promise<void> {
  let over = false;
  let wake = () => {};
  // Nothing here may race against one long-lived promise: that would hold every chunk until the end.
  outgoing.on("drain", () => wake());
  const end = () => {
    over = true;
    wake();
  };
  outgoing.once("response", end);
  outgoing.once("close", end);
  try {
    for await (const chunk of body) {
      if (over) return;
      if (chunk.byteLength === 0) continue;
      if (!outgoing.write(chunk))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      // A write to a connection that the peer has closed fails, and Node then drops an answer that waits there.
      await turnOfTheLoop();
      if (over) return;
    }
    outgoing.end();
  } catch (error) {
    outgoing.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Long enough for what has arrived to be read: the first immediate may come before the loop looks at its sockets. */
async function turnOfTheLoop(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

async function* bytesOf(
  incoming: IncomingMessage,
  outgoing: ClientRequest,
  request: HttpRequest,
): AsyncIterable<Uint8Array> {
  try {
    yield* incoming;
  } catch (error) {
    throw unreachable(request, error);
  } finally {
    if (!outgoing.writableFinished || !incoming.complete) outgoing.destroy();
  }
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2)
    headers.append(incoming.rawHeaders[i] as string, incoming.rawHeaders[i + 1] as string);
  return headers;
}
