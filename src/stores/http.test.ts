import { describe, expect, test } from "vitest";
import { answered, HttpOrigin } from "../../test/support/http-origin.ts";
import { bytesFrom, bytesOf } from "../../test/support/streams.ts";
import { HttpStore, type HttpStoreOptions } from "./http.ts";

const AT = "https://images.example.org/disk";

function given(options: Partial<HttpStoreOptions> = {}) {
  const origin = new HttpOrigin();
  const networks = { fetch: origin.on("any"), publicFetch: origin.on("public") };
  const store = new HttpStore({ allow: ["127.0.0.1"], ports: [443], ...networks, ...options });
  origin.keep(AT, bytesOf(9));
  return { origin, store };
}

const redirect =
  (to: string, status = 302) =>
  () =>
    new Response(null, { status, headers: { location: to } });
const read = async (store: HttpStore, location = AT) => bytesFrom((await store.get(location)).body);

test.each([
  "http://127.0.0.2/x",
  "http://user:secret@images.example.org/disk",
  "ftp://images.example.org/",
  "file:///x",
  "",
])("refuses %s without asking anybody", async (location) => {
  const { origin, store } = given();
  await expect(store.get(location)).rejects.toMatchObject({ kind: "invalid" });
  await expect(store.stat(location)).rejects.toMatchObject({ kind: "invalid" });
  expect(origin.asked).toEqual([]);
});

test("sends neither the fragment nor anything about who asks, and takes no compressed bytes", async () => {
  const { origin, store } = given();
  expect(await read(store, `${AT}#new`)).toEqual(bytesOf(9));
  expect(origin.asked.map(({ url }) => url)).toEqual([AT]);
  expect([...(origin.asked[0]?.headers.keys() ?? [])]).toEqual(["accept-encoding"]);
});

test("goes through the public network, but for what the operator lists", async () => {
  const { origin, store } = given();
  origin.keep("http://127.0.0.1:8080/disk", bytesOf(9));
  await read(store);
  await read(store, "http://127.0.0.1:8080/disk");
  expect(origin.asked.map(({ network }) => network)).toEqual(["public", "any"]);
});

describe("redirects", () => {
  test.each([301, 302, 307, 308])("%i is followed, relative ones too", async (status) => {
    const { origin, store } = given();
    origin.answers.set("https://a.example.org/x/y", redirect("../z", status));
    origin.answers.set("https://a.example.org/z", redirect(AT, status));
    expect(await read(store, "https://a.example.org/x/y")).toEqual(bytesOf(9));
    expect(await store.stat("https://a.example.org/x/y")).toEqual({ size: 9 });
  });

  test.each([
    "http://169.254.169.254/latest/meta-data",
    "http://2130706433/",
    "//localhost/x",
    "http://images.example.org:22/",
    "https://user:secret@images.example.org/disk",
    "file:///etc/passwd",
    "http://",
  ])("to %s is not, whatever the first server is", async (to) => {
    const { origin, store } = given();
    origin.answers.set("https://a.example.org/", redirect(to));
    await expect(store.get("https://a.example.org/")).rejects.toMatchObject({ kind: "invalid" });
    expect(origin.asked).toHaveLength(1);
  });

  test("are followed five times and no more", async () => {
    const { origin, store } = given();
    for (let n = 0; n < 6; n++)
      origin.answers.set(`https://a.example.org/${n}`, redirect(n === 0 ? AT : `/${n - 1}`));
    expect(await read(store, "https://a.example.org/4")).toEqual(bytesOf(9));
    await expect(read(store, "https://a.example.org/5")).rejects.toMatchObject({ kind: "invalid" });
  });
});

describe("a server that", () => {
  const said = (size: number, headers: Record<string, string> = {}) =>
    answered(bytesOf(9), 200, { "content-length": String(size), ...headers });

  test.each<[string, string, () => Response]>([
    ["has nothing there any more", "notFound", () => new Response(null, { status: 410 })],
    ["wants to know who asks", "invalid", () => new Response(null, { status: 401 })],
    ["is overloaded", "unavailable", () => new Response(null, { status: 503 })],
    ["answers with nothing at all", "invalid", () => new Response(null, { status: 204 })],
    ["tells no length", "invalid", () => new Response("123456789", { headers: { "content-length": "" } })],
    ["tells a length that is none", "invalid", () => said(9, { "content-length": "-9" })],
    ["compresses", "invalid", () => said(9, { "content-encoding": "gzip" })],
    ["redirects without saying where to", "invalid", () => new Response(null, { status: 302 })],
    [
      "cannot be reached",
      "unavailable",
      () => {
        throw new Error("connection refused");
      },
    ],
  ])("%s makes the location %s", async (_what, kind, answer) => {
    const { origin, store } = given();
    origin.answers.set(AT, answer);
    await expect(store.get(AT)).rejects.toMatchObject({ kind });
    await expect(store.stat(AT)).rejects.toMatchObject({ kind });
  });

  test("has less than it says fails the stream", async () => {
    const { origin, store } = given();
    origin.answers.set(AT, () => said(10));
    await expect(read(store)).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("has more than it says is read as far as it said", async () => {
    const { origin, store } = given();
    origin.answers.set(AT, () => said(8));
    expect(await read(store)).toEqual(bytesOf(9).slice(0, 8));
  });

  test.each([
    ["another range", "bytes 3-5/9"],
    ["no whole size", "bytes 2-4/*"],
    ["nonsense", "2 to 4"],
  ])("answers a range with %s is not believed", async (_what, range) => {
    const { origin, store } = given();
    origin.answers.set(AT, () => answered(bytesOf(3), 206, { "content-range": range }));
    await expect(store.get(AT, { start: 2, end: 4 })).rejects.toMatchObject({ kind: "invalid" });
  });

  test("says nothing is given up in time", async () => {
    const { origin, store } = given({ answerSeconds: 0.05, idleSeconds: 0.05 });
    origin.answers.set(
      AT,
      (request) =>
        new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("late")))),
    );
    await expect(store.stat(AT)).rejects.toMatchObject({ kind: "unavailable" });
    const silent = new ReadableStream({ pull: () => new Promise(() => {}) });
    origin.answers.set(AT, () => new Response(silent, { headers: { "content-length": "9" } }));
    await expect(read(store)).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("knows no ranges says so by what it answers, and what its bytes are by their tag", async () => {
    const { origin, store } = given();
    expect(await store.get(AT, { start: 3 })).toMatchObject({ size: 9, version: '"9"' });
    expect(await store.get(AT, { start: 3 })).not.toHaveProperty("readsFromStart");
    origin.answers.set(AT, () => said(9));
    const blob = await store.get(AT, { start: 3 });
    expect(blob.readsFromStart).toBe(true);
    expect(await bytesFrom(blob.body)).toEqual(bytesOf(9).slice(3));
  });
});
