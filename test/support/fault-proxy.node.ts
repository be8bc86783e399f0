import { once } from "node:events";
import {
  request as ask,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Act, Fault } from "./faults.ts";

/** Stands before a real HTTP store and does to the requests that a test names what networks and servers do. */
export class FaultProxy {
  readonly url: string;
  /** Method and path, with its query, of each request in order. */
  readonly seen: string[] = [];
  readonly #target: URL;
  readonly #server: Server;
  #faults: (Fault & { passed: number; done: number })[] = [];

  private constructor(target: string, server: Server) {
    this.#target = new URL(target);
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      // What breaks is what is tested: nobody here has to hear of it.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async before(target: string): Promise<FaultProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FaultProxy(target, server);
  }

  set(faults: readonly Fault[]): void {
    this.#faults = faults.map((fault) => ({ ...fault, passed: 0, done: 0 }));
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close").catch(() => undefined);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = `${request.method} ${request.url}`;
    this.seen.push(asked);
    const act: Act = this.#actFor(asked) ?? { do: "pass" };
    if (act.do === "reset") return void request.socket.resetAndDestroy();
    if (act.do === "stall") return;
    if (act.do === "answer") return answerInstead(request, response, act);
    const upstream = this.#forward(request);
    // A sender that goes away in the middle is one that the store, too, must see going away.
    request.once("close", () => request.complete || upstream.destroy());
    response.once("close", () => response.writableFinished || upstream.destroy());
    upstream.on("error", () => response.destroy());
    await sendBody(request, upstream, act);
    const [answer] = (await once(upstream, "response")) as [IncomingMessage];
    await this.#answer(answer, response, act);
  }

  #actFor(asked: string): Act | undefined {
    const fault = this.#faults.find(({ done, on, times = 1 }) => done < times && new RegExp(on).test(asked));
    if (!fault || fault.passed++ < (fault.after ?? 0)) return undefined;
    fault.done++;
    return fault.act;
  }

  #forward(request: IncomingMessage) {
    return ask({
      host: this.#target.hostname,
      port: this.#target.port,
      method: request.method,
      path: request.url,
      headers: request.headers,
      agent: false,
    });
  }

  /** The target's own address in a header, as Swift names where its objects are, becomes this one. */
  #ownHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const { connection: _, "transfer-encoding": __, ...rest } = headers;
    const own = (value: string | string[] | undefined) =>
      typeof value === "string" ? value.replace(this.#target.origin, this.url) : value;
    return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, own(value)]));
  }

  async #answer(answer: IncomingMessage, response: ServerResponse, act: Act): Promise<void> {
    if (act.do === "loseAnswer") return void response.socket?.resetAndDestroy();
    if (act.do === "stallAnswer") return;
    if (act.do === "answerAfter") {
      answer.resume();
      return void response.writeHead(act.status, act.headers).end(act.body ?? "");
    }
    if (act.do === "slow") await wait(act.milliseconds);
    const headers = this.#ownHeaders(answer.headers);
    const length = Number(headers["content-length"] ?? Number.NaN);
    const cut = "in" in act && act.in === "answer" ? act.bytes : Number.POSITIVE_INFINITY;
    if (act.do === "shortLength") headers["content-length"] = String(Math.max(0, length - act.bytes));
    if (act.do === "longLength") headers["content-length"] = String(length + act.bytes);
    response.writeHead(answer.statusCode ?? 502, headers);
    const most = act.do === "shortLength" ? Math.max(0, length - act.bytes) : cut;
    const whole = await pass(answer, response, most);
    if (act.do === "longLength") return void response.socket?.end();
    if (whole || act.do === "shortLength") return void response.end();
    await interrupt(response, act);
  }
}

/** Passes on at most so many bytes; true when that was all. */
async function pass(
  from: IncomingMessage,
  to: { write(chunk: Uint8Array): boolean; readonly destroyed: boolean } & NodeJS.EventEmitter,
  most: number,
): Promise<boolean> {
  let left = most;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const piece = chunk.subarray(0, left);
    left -= piece.byteLength;
    if (piece.byteLength > 0 && !to.write(piece) && !to.destroyed) await drained(to);
    if (piece.byteLength < chunk.byteLength || to.destroyed) return false;
  }
  return true;
}

/** Until more can be written, or nothing any more. */
function drained(to: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ["drain", "close"]) to.off(event, done);
      resolve();
    };
    for (const event of ["drain", "close"]) to.on(event, done);
  });
}

/** The request's body on its way to the store, which may be cut there. */
async function sendBody(request: IncomingMessage, upstream: ReturnType<typeof ask>, act: Act): Promise<void> {
  const cut = "in" in act && act.in === "request" ? act.bytes : Number.POSITIVE_INFINITY;
  if (await pass(request, upstream, cut)) return void upstream.end();
  if (act.do === "stallAt") await once(request.socket, "close");
  upstream.destroy();
  request.socket.resetAndDestroy();
  throw new Error("cut off");
}

async function interrupt(response: ServerResponse, act: Act): Promise<void> {
  // What was written must have gone out before the connection ends.
  await wait(20);
  if (act.do === "resetAt") response.socket?.resetAndDestroy();
  if (act.do === "endAt") response.socket?.end();
}

function answerInstead(
  request: IncomingMessage,
  response: ServerResponse,
  act: Act & { do: "answer" },
): void {
  request.resume();
  const answer = () => response.writeHead(act.status, act.headers).end(act.body ?? "");
  if (act.early) answer();
  else request.once("end", answer);
}

/**
 * For tests that run inside workerd, where no server can be started: `POST /` with a target starts a proxy before it,
 * `PUT /<port>` says which faults it has, `GET /<port>` what it has seen, `DELETE /<port>` ends it.
 */
export async function startFaultControl(): Promise<{ url: string; stop(): Promise<void> }> {
  const proxies = new Map<string, FaultProxy>();
  const server = createServer((request, response) => {
    const done = (json: unknown) => response.end(JSON.stringify(json));
    control(proxies, request).then(done, (error) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const proxy of proxies.values()) await proxy.stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

async function control(proxies: Map<string, FaultProxy>, request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  if (request.method === "POST") {
    const proxy = await FaultProxy.before(body);
    const port = new URL(proxy.url).port;
    proxies.set(`/${port}`, proxy);
    return { url: proxy.url, control: `/${port}` };
  }
  const proxy = proxies.get(request.url ?? "");
  if (!proxy) throw new Error(`there is no proxy ${request.url}`);
  if (request.method === "PUT") proxy.set(JSON.parse(body) as Fault[]);
  if (request.method === "DELETE") {
    proxies.delete(request.url ?? "");
    await proxy.stop();
  }
  return proxy.seen;
}
