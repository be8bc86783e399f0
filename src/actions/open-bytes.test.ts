import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytesFrom, bytesOf, heldStream, streamFailingAfter } from "../../test/support/streams.ts";
import { aWebServer } from "../../test/support/web-server.ts";
import { type Config, configOf } from "../env.ts";
import { openBytes } from "./open-bytes.ts";

const SIZE = 300_000;
const BYTES = bytesOf(SIZE);
const FIRST = "https://first.example.org/x";
const NEXT = "https://next.example.org/x";
const HASTE_SECONDS = 0.2;

const wanted = {
  image: { id: "an-image" },
  size: SIZE,
  locations: [
    { id: 1, url: FIRST, store: "first", metadata: {} },
    { id: 2, url: NEXT, store: "next", metadata: {} },
  ],
};

type Answer = () => Response;

const answer =
  (body: BodyInit, length = SIZE): Answer =>
  () =>
    new Response(body, { headers: { "content-length": String(length) } });
const status =
  (code: number): Answer =>
  () =>
    new Response("", { status: code });
const silence = () => answer(heldStream(new Uint8Array(), new Uint8Array()).body)();
const reset = (after: number): Answer => answer(streamFailingAfter(after, new Error("reset")));

let origin: ReturnType<typeof aWebServer>["origin"];
let warnings: [string, Record<string, unknown>?][];

beforeEach(() => {
  origin = aWebServer().origin;
  warnings = [];
});
afterEach(() => void vi.restoreAllMocks());

function open(first: Answer, next: Answer, range?: { start: number; end: number }) {
  origin.answers.set(FIRST, first).set(NEXT, next);
  const configured = configOf(env);
  if (!configured.ok) throw new Error(configured.problems.join());
  const http = { type: "http" as const, weight: 0, allow: [], ports: [443] };
  const stores: Config["stores"] = [
    { ...http, id: "first" },
    { ...http, id: "next" },
  ];
  const quiet = () => {};
  const log = {
    debug: quiet,
    info: quiet,
    error: quiet,
    warn: (...said: (typeof warnings)[number]) => void warnings.push(said),
  };
  const scope = { config: { ...configured.config, stores }, env, log, requestId: "req-1" };
  return openBytes(scope, range ? { ...wanted, range } : wanted, HASTE_SECONDS);
}

describe("bytes come from the next place, and the log says why, when the first one", () => {
  test.each<[string, Answer]>([
    ["is down", status(503)],
    ["has lost them", status(404)],
    ["has too few", answer(bytesOf(3), 3)],
    ["breaks off before the first byte", reset(0)],
    ["ends before the first byte", answer("")],
    ["says nothing for a while", silence],
  ])("%s", async (_what, broken) => {
    const body = await open(broken, answer(BYTES));
    expect(body && (await bytesFrom(body))).toEqual(BYTES);
    expect(warnings).toEqual([
      [
        "a location could not be read",
        expect.objectContaining({ image: "an-image", store: "first", error: expect.stringMatching(/./) }),
      ],
    ]);
  });
});

test("a range comes from the next place as well", async () => {
  const part = { status: 206, headers: { "content-length": "4", "content-range": `bytes 7-10/${SIZE}` } };
  const body = await open(status(503), () => new Response(BYTES.slice(7, 11), part), { start: 7, end: 10 });
  expect(body && (await bytesFrom(body))).toEqual(BYTES.slice(7, 11));
});

test("a place that is only slow is waited for when the others have nothing", async () => {
  const slow = heldStream(new Uint8Array(), BYTES);
  let asked = 0;
  const first = () => {
    asked++;
    if (asked === 2) slow.resume();
    return asked === 2 ? answer(BYTES)() : silence();
  };
  const body = await open(first, status(404));
  expect(body && (await bytesFrom(body))).toEqual(BYTES);
  expect(asked).toBe(2);
});

test("there is no data where every place has lost it, and an outage where one is only away", async () => {
  expect(await open(status(404), status(404))).toBeUndefined();
  await expect(open(status(404), status(503))).rejects.toMatchObject({ kind: "unavailable" });
  await expect(open(status(503), status(404))).rejects.toMatchObject({ kind: "unavailable" });
});

test.each<[string, Answer]>([
  ["breaks", reset(100_000)],
  ["ends", answer(bytesOf(100_000))],
])(
  "bytes of a place that %s in the middle break off for their reader too, and the log says so",
  async (_what, broken) => {
    const body = await open(broken, answer(BYTES));
    await expect(body && bytesFrom(body)).rejects.toThrow();
    await vi.waitFor(() =>
      expect(warnings).toMatchObject([
        ["a location broke off in the middle", { image: "an-image", store: "first" }],
      ]),
    );
  },
);

test("a place is let go when its reader leaves, and nobody is warned", async () => {
  const letGo = Promise.withResolvers<void>();
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytesOf(10)),
    cancel: () => letGo.resolve(),
  });
  const body = await open(answer(endless), answer(BYTES));
  const reader = body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await letGo.promise;
  expect(warnings).toEqual([]);
});
