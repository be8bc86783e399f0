import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { nodeTransport } from "./node-transport.ts";
import { fetchTransport, type Transport, textOf } from "./transport.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const MiB = 1024 * 1024;

/** Bytes without end; says how many were taken. */
function endless() {
  const state = { taken: 0, closed: false };
  async function* body() {
    const chunk = new Uint8Array(MiB);
    try {
      for (;;) {
        state.taken += chunk.byteLength;
        yield chunk;
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, body: body() };
}

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}

const put = (url: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal) => ({
  method: "PUT",
  url,
  headers: {},
  body,
  signal,
});

const transports: Record<string, Transport> = { fetch: fetchTransport, node: nodeTransport() };

describe.each(Object.entries(transports))("the %s transport", (_name, transport) => {
  test("sends a stream as it is and gives the answer back", async () => {
    const url = await listen(async (request, response) => {
      const body = await buffer(request);
      response.writeHead(200, { "x-coding": request.headers["transfer-encoding"] }).end(`got ${body}`);
    });
    const response = await transport(put(url, chunks("one", "", "two")));
    expect(response.status).toBe(200);
    expect(response.headers.get("x-coding")).toBe("chunked");
    expect(await textOf(response)).toBe("got onetwo");
  });

  test("does not follow a redirect", async () => {
    const url = await listen((_request, response) =>
      response.writeHead(307, { location: "/elsewhere" }).end(),
    );
    expect((await transport({ method: "GET", url, headers: {} })).status).toBe(307);
  });

  test("rejects when the answer's body is cut short", async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("part", () => response.destroy());
    });
    const response = await transport({ method: "GET", url, headers: {} });
    await expect(textOf(response)).rejects.toMatchObject({ name: "ClientError", status: undefined });
  });

  test("rejects with words when nobody answers", async () => {
    const url = await listen(() => undefined);
    server?.close();
    server?.closeAllConnections();
    await expect(transport({ method: "GET", url, headers: {} })).rejects.toThrow(
      "the connection was refused",
    );
  });
});

describe("the node transport, while it uploads", () => {
  const transport = nodeTransport();

  test("reports a refusal that comes early, from a server that hears the client out", async () => {
    const url = await listen((request, response) => {
      response.writeHead(409, "Conflict").end("taken");
      request.resume();
    });
    const { body, state } = endless();
    const response = await transport(put(url, body));
    expect(response.status).toBe(409);
    expect(await textOf(response)).toBe("taken");
    await expect.poll(() => state.closed).toBe(true);
  });

  test("reports a refusal that comes early, from a server that reads no further", async () => {
    const url = await listen((_request, response) => void response.writeHead(413).end("too large"));
    const response = await transport(put(url, endless().body));
    expect(response.status).toBe(413);
    expect(await textOf(response)).toBe("too large");
  });

  test("takes no more from its source than the peer reads", async () => {
    const taken = Promise.withResolvers<void>();
    const url = await listen((request) => {
      request.once("data", () => {
        request.pause();
        taken.resolve();
      });
    });
    const { body, state } = endless();
    const stop = new AbortController();
    const sending = transport(put(url, body, stop.signal));
    await taken.promise;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.taken).toBeLessThan(32 * MiB);
    stop.abort(new Error("interrupted"));
    await expect(sending).rejects.toThrow("interrupted");
    await expect.poll(() => state.closed).toBe(true);
  });

  test("holds nothing of what it has sent", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const url = await listen((request, response) => request.resume().on("end", () => response.end()));
    const sent: WeakRef<Uint8Array>[] = [];
    let held = 0;
    async function* body() {
      for (let i = 0; i < 64; i += 1) {
        const chunk = new Uint8Array(MiB);
        sent.push(new WeakRef(chunk));
        yield chunk;
      }
      collectGarbage();
      held = sent.filter((ref) => ref.deref()).length;
    }
    await textOf(await transport(put(url, body())));
    expect(held).toBeLessThan(16);
  });

  test("ends the request without its last chunk when the source fails", async () => {
    const ended = Promise.withResolvers<boolean>();
    const url = await listen((request) => {
      request.resume().on("close", () => ended.resolve(request.complete));
      request.on("error", () => undefined);
    });
    async function* failing() {
      yield Buffer.from("some");
      throw new Error("the disk is gone");
    }
    await expect(transport(put(url, failing()))).rejects.toThrow("the disk is gone");
    expect(await ended.promise).toBe(false);
  });
});
