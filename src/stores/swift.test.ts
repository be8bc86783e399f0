import { expect, test } from "vitest";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../../test/support/streams.ts";
import { SwiftStore } from "./swift.ts";
import { SwiftClient } from "./swift-client.ts";
import { WORKERD } from "./workerd.ts";

const STORAGE = "http://swift.test/v1/AUTH_test";

type Answer = (call: string, headers: Headers) => Response;

/** A store whose server answers as a test says; it lets everybody in, and does not tell what it can do. */
function storeOn(answer: Answer, { createContainer = false, idleSeconds = 5 } = {}): SwiftStore {
  const client = new SwiftClient({
    ...{
      id: "cold",
      authUrl: "http://swift.test/auth/v1.0",
      answerSeconds: 5,
      idleSeconds,
      createContainer,
    },
    platform: WORKERD,
    account: { version: 1, user: "test:tester", key: "the secret" },
    fetch: async (url, init) => {
      const { pathname } = new URL(url);
      if (pathname.startsWith("/auth"))
        return new Response(null, { headers: { "x-auth-token": "t", "x-storage-url": STORAGE } });
      if (pathname.endsWith("/info")) return new Response(null, { status: 404 });
      if (init.body instanceof ReadableStream) await new Response(init.body).arrayBuffer();
      return answer(`${init.method} ${pathname.slice("/v1/AUTH_test/".length)}`, new Headers(init.headers));
    },
  });
  return new SwiftStore({
    ...{ client, authUrl: "http://swift.test/auth/v1.0", accountUser: "test:tester", reference: "ref1" },
    ...{ container: "glance", containerSeed: 0, bufferBytes: 100, largeObjectBytes: 1e6, segmentBytes: 1e6 },
  });
}

const status = (code: number, headers = {}) => new Response(null, { status: code, headers });

/** All that a rejection says to a caller. */
const rejection = (work: Promise<unknown>): Promise<{ kind: string; message: string }> =>
  work.then(
    () => {
      throw new Error("it succeeded");
    },
    (error) => error,
  );

test.each([
  [401, "unavailable", "does not let this service read", "unavailable", "does not take this service's token"],
  [403, "unavailable", "does not let this service read", "writeDenied", "does not let this service write"],
  [413, "unavailable", "does not answer as it should", "full", "has no room"],
  [507, "unavailable", "does not answer as it should", "full", "has no room"],
  [429, "unavailable", "is asked too much at once", "unavailable", "is asked too much at once"],
  [498, "unavailable", "is asked too much at once", "unavailable", "is asked too much at once"],
  [503, "unavailable", "does not answer as it should", "unavailable", "does not answer as it should"],
  [302, "unavailable", "does not answer as it should", "unavailable", "does not answer as it should"],
])(
  "%i is told for what it is, by the store's name and without a secret",
  async (code, reading, saysToReader, writing, saysToWriter) => {
    const store = storeOn((call) => {
      if (call === "HEAD glance/k") return status(404);
      return call === "GET glance" ? new Response("[]") : status(code);
    });
    const read = await rejection(store.get(store.locationOf("k")));
    const written = await rejection(store.put("k", streamOf(bytesOf(300)), { size: 300 }));
    expect([read.kind, written.kind]).toEqual([reading, writing]);
    expect(read.message).toMatch(new RegExp(`^The store cold ${saysToReader}`));
    expect(written.message).toMatch(new RegExp(`^The store cold ${saysToWriter}`));
    for (const { message } of [read, written]) expect(message).not.toMatch(/http|swift\.test|AUTH_|secret/);
  },
);

test("what is not in a container is gone; what was in one that is missing is only out of reach", async () => {
  for (const createContainer of [true, false]) {
    const lost = storeOn((call) => (call === "GET glance" ? new Response("[]") : status(404)), {
      createContainer,
    });
    const missing = storeOn(() => status(404), { createContainer });
    const location = lost.locationOf("k");
    expect(await rejection(lost.get(location))).toMatchObject({ kind: "notFound" });
    expect(await rejection(lost.stat(location))).toMatchObject({ kind: "notFound" });
    const outage = { kind: "unavailable", message: "The store cold has no container glance." };
    expect(await rejection(missing.get(location))).toMatchObject(outage);
    // Before the first upload there is none.
    expect(await rejection(missing.stat(location))).toMatchObject(
      createContainer ? { kind: "notFound" } : outage,
    );
    await missing.delete(location);
  }
});

test("whoever reads on is told which object it is", async () => {
  const store = storeOn(
    () => new Response(bytesOf(9), { headers: { "content-length": "9", etag: '"0CC1"' } }),
  );
  const { body, version } = await store.get(store.locationOf("k"));
  expect([version, await bytesFrom(body)]).toEqual(["0cc1", bytesOf(9)]);
});

test("a server that does not heed the marker is not asked for the same page for ever", async () => {
  let asked = 0;
  const store = storeOn(() => {
    if (++asked > 5) throw new Error("asked again and again");
    return Response.json([{ name: "a" }, { name: "b" }]);
  });
  const { message } = await rejection(Array.fromAsync(store.list("")));
  expect(message).toMatch(/^The store cold/);
  expect(asked).toBe(2);
});

test("a listing that stops in the middle is given up, and so is its connection", async () => {
  const listing = heldStream(bytesOf(10), bytesOf(10));
  const store = storeOn(() => new Response(listing.body), { idleSeconds: 0.05 });
  expect(await rejection(Array.fromAsync(store.list("")))).toMatchObject({ kind: "unavailable" });
  expect(await listing.cancelled).toMatchObject({ message: "nothing came for 0.05 seconds" });
});
