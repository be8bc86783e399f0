import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { END_FRAME, frameHeader } from "../protocol/frames.ts";
import { sign, UNSIGNED_PAYLOAD } from "../protocol/signing.ts";
import { startTestRelay, TEST_KEY, type TestRelay } from "../test/support/relay.node.ts";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../test/support/streams.ts";

let at: TestRelay;
beforeAll(async () => {
  at = await startTestRelay({ idleSeconds: 0.3 });
});
afterAll(() => at.stop());

const blobPath = (key: string) => `/v1/stores/file/blobs/${key}`;
const putQuery = (key: string) => `location=${encodeURIComponent(`file://${at.dir}/${key}`)}`;

async function ask(method: string, path: string, query = "", key = TEST_KEY, init: RequestInit = {}) {
  const payload = method === "PUT" ? UNSIGNED_PAYLOAD : new Uint8Array();
  const headers = await sign(key, { method, path, query }, payload, Date.now());
  const response = await fetch(`${at.relay.url}${path}${query && `?${query}`}`, { method, headers, ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A PUT whose body the test writes by hand. */
async function openPut(key: string, headers: Record<string, string> = {}, query = putQuery(key)) {
  const signed = await sign(
    TEST_KEY,
    { method: "PUT", path: blobPath(key), query },
    UNSIGNED_PAYLOAD,
    Date.now(),
  );
  const put = httpRequest(`${at.relay.url}${blobPath(key)}?${query}`, {
    method: "PUT",
    headers: { ...signed, ...headers },
  });
  const answer = new Promise<{ status: number; body: { kind: string; message: string } }>(
    (resolve, reject) => {
      put.once("error", reject);
      put.once("response", async (response) => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) });
      });
    },
  );
  answer.catch(() => {});
  return { put, answer };
}

test("a store that is only read gives what it has, and takes and loses nothing, whoever signs", async () => {
  const dir = await mkdtemp(join(tmpdir(), "glimpse-read-only-"));
  await writeFile(join(dir, "a"), "123");
  const stores = [{ id: "file", type: "file" as const, path: dir, read_only: true }];
  const { fileStore, stop } = await startTestRelay({ stores });
  onTestFinished(async () => {
    await stop();
    await rm(dir, { recursive: true });
  });
  const store = fileStore({ prefixes: [`file://${dir}/`] });
  expect(await bytesFrom((await store.get(`file://${dir}/a`)).body)).toHaveLength(3);
  await expect(store.put("b", streamOf(bytesOf(10)))).rejects.toMatchObject({ kind: "gone" });
  await expect(store.delete(`file://${dir}/a`)).rejects.toMatchObject({ kind: "gone" });
  expect(await readdir(dir)).toEqual(["a"]);
});

describe("the origin door", () => {
  test("answers its health check to anyone, and says which run of it answers", async () => {
    const response = await fetch(`${at.relay.url}/healthcheck`);
    expect(response.status).toBe(200);
  });

  test("refuses whoever does not sign, whatever they ask for", async () => {
    for (const path of [blobPath("a"), "/v1/stores/file/blobs", "/", "/v1/stores/nowhere/blobs/a"]) {
      const response = await fetch(`${at.relay.url}${path}`);
      expect([response.status, await response.json()]).toEqual([
        401,
        expect.objectContaining({ kind: "unauthorized" }),
      ]);
    }
    const forged = await ask("GET", blobPath("a"), "", { ...TEST_KEY, secret: "x".repeat(40) });
    expect(forged.status).toBe(401);
  });

  test("lets a signed request in once", async () => {
    const path = "/v1/stores/file/blobs";
    const headers = await sign(TEST_KEY, { method: "GET", path, query: "" }, new Uint8Array(), Date.now());
    expect((await fetch(at.relay.url + path, { headers })).status).toBe(200);
    expect((await fetch(at.relay.url + path, { headers })).status).toBe(401);
  });

  test("refuses what was signed before it started, which an earlier life of it may have heard", async () => {
    const path = "/v1/stores/file/blobs";
    const signed = () => sign(TEST_KEY, { method: "GET", path, query: "" }, new Uint8Array(), Date.now());
    const headers = await signed();
    const started = Date.now();
    await expect.poll(Date.now).toBeGreaterThan(started);
    const anew = await startTestRelay();
    onTestFinished(() => anew.stop());
    const before = await fetch(anew.relay.url + path, { headers });
    expect([before.status, await before.json()]).toEqual([
      401,
      expect.objectContaining({ kind: "unauthorized" }),
    ]);
    expect((await fetch(anew.relay.url + path, { headers: await signed() })).status).toBe(200);
  });

  test("passes the request id on, and makes one up", async () => {
    const headers = { "x-openstack-request-id": "req-from-the-edge" };
    const given = await fetch(`${at.relay.url}/healthcheck`, { headers });
    expect(given.headers.get("x-openstack-request-id")).toBe("req-from-the-edge");
    const made = await fetch(`${at.relay.url}/healthcheck`);
    expect(made.headers.get("x-openstack-request-id")).toMatch(/^req-/);
  });

  test.each([
    ["GET", "/v1/stores/none/blobs/a", "", 404, "notFound"],
    ["GET", "/elsewhere", "", 404, "notFound"],
    ["GET", "/v1/stores/file/blobs/..%2Fa", "", 400, "invalid"],
    ["GET", "/v1/stores/file/blobs/.glimpse-partial", "", 400, "invalid"],
    ["GET", "/v1/stores/file/blobs/a", "start=x", 400, "invalid"],
    ["GET", "/v1/stores/file/blobs/a", "start=-1", 400, "invalid"],
    ["GET", "/v1/stores/file/blobs/a", "end=3", 400, "invalid"],
    ["GET", "/v1/stores/file/blobs/a", "start=1e99", 400, "invalid"],
    ["POST", "/v1/stores/file/blobs/a", "", 405, "methodNotAllowed"],
    ["DELETE", "/v1/stores/file/blobs", "", 405, "methodNotAllowed"],
    ["PUT", "/v1/stores/file/blobs/a", "", 400, "invalid"],
    ["PUT", "/v1/stores/file/blobs/a", "location=x&hash=md5", 400, "invalid"],
    ["PUT", "/v1/stores/file/blobs/a", "location=x&size=-1", 400, "invalid"],
    ["PUT", "/v1/stores/file/blobs/a", "location=file%3A%2F%2F%2Felsewhere%2Fa", 503, "unavailable"],
  ])("refuses %s %s?%s with %i", async (method, path, query, status, kind) => {
    expect(await ask(method, path, query)).toMatchObject({ status, body: { kind } });
  });

  test("outlives what is not HTTP", async () => {
    const socket = connect(at.relay.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.end("\0\x16\x03\x01 nonsense\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await fetch(`${at.relay.url}/healthcheck`)).status).toBe(200);
  });
});

describe("an upload", () => {
  test("that ends like a whole one but lacks its last frame is dropped", async () => {
    const key = randomUUID();
    const { put, answer } = await openPut(key);
    put.write(frameHeader(5));
    put.end("hello");
    expect(await answer).toMatchObject({ status: 400, body: { kind: "invalid" } });
    await expect(at.fileStore().stat(`file://${at.dir}/${key}`)).rejects.toMatchObject({ kind: "notFound" });
  });

  test("whose client dies leaves nothing", async () => {
    const key = randomUUID();
    const { put } = await openPut(key);
    put.on("error", () => {});
    put.write(frameHeader(2_000_000));
    await new Promise((resolve) => put.write(Buffer.alloc(1_500_000), resolve));
    put.destroy();
    await expect.poll(() => partialFiles(at.dir)).toEqual([]);
    expect(await readdir(at.dir)).not.toContain(key);
  });

  test("whose client falls silent is ended", async () => {
    const { put, answer } = await openPut(randomUUID());
    put.write(frameHeader(100));
    await expect(answer).rejects.toThrow();
    await expect.poll(() => partialFiles(at.dir)).toEqual([]);
  });

  test("that is refused is heard out by a client that reads only when it has sent everything", async () => {
    const key = randomUUID();
    await at.fileStore().put(key, streamOf(bytesOf(10)));
    const [path, query] = [blobPath(key), putQuery(key)];
    const signed = await sign(TEST_KEY, { method: "PUT", path, query }, UNSIGNED_PAYLOAD, Date.now());
    const socket = connect(at.relay.port, "127.0.0.1");
    const send = (bytes: string | Uint8Array) =>
      new Promise<void>((resolve, reject) =>
        socket.write(bytes, (error) => (error ? reject(error) : resolve())),
      );
    const size = 16 * 1024 * 1024;
    await send(
      `PUT ${path}?${query} HTTP/1.1\r\nHost: relay\r\nAuthorization: ${signed.authorization}\r\nContent-Length: ${size}\r\n\r\n`,
    );
    for (let i = 0; i < 16; i++) await send(new Uint8Array(size / 16));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 409 .*"kind":"conflict"/s);
  });

  test("that asks first is refused before it sends, or told to go on", async () => {
    const taken = randomUUID();
    await at.fileStore().put(taken, streamOf(bytesOf(10)));
    const refused = await openPut(taken, { expect: "100-continue" });
    refused.put.once("continue", () => refused.put.destroy(new Error("it was told to go on")));
    refused.put.flushHeaders();
    expect(await refused.answer).toMatchObject({ status: 409 });
    refused.put.destroy();

    const free = await openPut(randomUUID(), { expect: "100-continue" });
    free.put.once("continue", () =>
      free.put.end(Buffer.concat([frameHeader(2), Buffer.from("ok"), END_FRAME])),
    );
    free.put.flushHeaders();
    expect(await free.answer).toMatchObject({ status: 201, body: { size: 2 } });
  });
});

describe("a download", () => {
  test("says how long it is, so that its reader notices when it is cut", async () => {
    const key = randomUUID();
    await at.fileStore().put(key, streamOf(bytesOf(1000)));
    const query = "start=10&end=19";
    const headers = await sign(
      TEST_KEY,
      { method: "GET", path: blobPath(key), query },
      new Uint8Array(),
      Date.now(),
    );
    const response = await fetch(`${at.relay.url}${blobPath(key)}?${query}`, { headers });
    expect(response.headers.get("content-length")).toBe("10");
    await response.body?.cancel();
  });
});

describe("a relay that is told to end", () => {
  test("finishes what runs and takes nothing new", async () => {
    const ending = await startTestRelay();
    const store = ending.fileStore();
    const key = randomUUID();
    const held = heldStream(bytesOf(100_000), bytesOf(100_000, 2));
    const stored = store.put(key, held.body);
    await held.reached;
    await expect.poll(() => partialFiles(ending.dir)).toHaveLength(1);
    const ended = ending.relay.close();
    await expect(fetch(`${ending.relay.url}/healthcheck`)).rejects.toThrow();
    held.resume();
    expect(await stored).toMatchObject({ size: 200_000 });
    await ended;
    expect(await readdir(ending.dir)).toEqual([key]);
    await ending.stop().catch(() => {});
  });

  test("waits only so long", async () => {
    const ending = await startTestRelay({ shutdownSeconds: 0.1 });
    const held = heldStream(bytesOf(100_000), bytesOf(1));
    const stored = ending.fileStore().put(randomUUID(), held.body);
    stored.catch(() => {});
    await held.reached;
    await expect.poll(() => partialFiles(ending.dir)).toHaveLength(1);
    await ending.relay.close();
    await expect(stored).rejects.toMatchObject({ kind: "unavailable" });
    expect(await readdir(ending.dir)).toEqual([]);
  });
});

describe("the edge's view of a relay", () => {
  test("is an outage when the relay is not there, or does not know the key", async () => {
    const location = `file://${at.dir}/a`;
    for (const opts of [{ url: "http://127.0.0.1:1" }, { key: { id: "other", secret: "x".repeat(40) } }]) {
      const store = at.fileStore(opts);
      await expect(store.stat(location)).rejects.toMatchObject({ kind: "unavailable" });
      await expect(store.put("a", streamOf(bytesOf(3_000_000)))).rejects.toMatchObject({
        kind: "unavailable",
      });
      await expect(store.delete(location)).rejects.toMatchObject({ kind: "unavailable" });
    }
  });

  test("is an outage when relay and edge disagree on the directory", async () => {
    const store = at.fileStore({ prefixes: ["file:///elsewhere/"] });
    await expect(store.put(randomUUID(), streamOf(bytesOf(3)))).rejects.toMatchObject({
      kind: "unavailable",
    });
  });

  test("reads what Glance wrote under either of its schemes", async () => {
    const store = at.fileStore({ prefixes: [`file://${at.dir}/`, `filesystem://${at.dir}/`] });
    const key = randomUUID();
    await store.put(key, streamOf(bytesOf(5)));
    expect(await bytesFrom((await store.get(`filesystem://${at.dir}/${key}`)).body)).toEqual(bytesOf(5));
  });

  test("asks again when a pooled connection died with the relay's last run", async () => {
    let calls = 0;
    const store = at.fileStore({
      fetch: async (url, init) => {
        if (calls++ === 0) throw new TypeError("Network connection lost.");
        return fetch(url, init);
      },
    });
    await expect(store.stat(`file://${at.dir}/never`)).rejects.toMatchObject({ kind: "notFound" });
    expect(calls).toBe(2);
  });

  test("takes a listing that was cut off for none", async () => {
    const store = at.fileStore({ fetch: async () => new Response('{"key":"a"}\n') });
    const listing = (async () => {
      for await (const _ of store.list(""));
    })();
    await expect(listing).rejects.toMatchObject({ kind: "unavailable" });
  });
});

async function partialFiles(dir: string): Promise<string[]> {
  const names = await readdir(`${dir}/.glimpse-partial`, { recursive: true }).catch(() => []);
  return names.filter((name) => name.includes("/"));
}
