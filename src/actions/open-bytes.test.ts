import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytesFrom, bytesOf, heldStream, streamFailingAfter, streamOf } from "../../test/support/streams.ts";
import { aWebServer } from "../../test/support/web-server.ts";
import { type Config, configOf } from "../env.ts";
import { openBytes } from "./open-bytes.ts";

const SIZE = 500_000;
const BYTES = bytesOf(SIZE);
const FIRST = "https://first.example.org/x";
const NEXT = "https://next.example.org/x";
const TIMES = { hasteSeconds: 0.2, patienceSeconds: 1 };

const wanted = {
  image: { id: "an-image" },
  size: SIZE,
  locations: [
    { id: 1, url: FIRST, store: "first", metadata: {} },
    { id: 2, url: NEXT, store: "next", metadata: {} },
  ],
};

type Answer = (request: Request) => Response;

const answer =
  (body: BodyInit, length = SIZE): Answer =>
  () =>
    new Response(body, { headers: { "content-length": String(length) } });
const status =
  (code: number): Answer =>
  () =>
    new Response("", { status: code });
const silence: Answer = (request) => answer(heldStream(new Uint8Array(), new Uint8Array()).body)(request);
const reset = (after: number): Answer => answer(streamFailingAfter(after, new Error("reset")));

/** A server that gives what it is asked for, as far as that goes. */
const place =
  ({ gives = SIZE, etag = '"one"' }: { gives?: number; etag?: string } = {}): Answer =>
  ({ headers }) => {
    const asked = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "");
    const [start, end] = asked ? [Number(asked[1]), Number(asked[2])] : [0, SIZE - 1];
    const body = streamOf(BYTES.slice(start, Math.min(end + 1, start + gives)));
    const range = asked ? { "content-range": `bytes ${start}-${end}/${SIZE}` } : {};
    return new Response(body, {
      status: asked ? 206 : 200,
      headers: { "content-length": String(end - start + 1), ...range, ...(etag ? { etag } : {}) },
    });
  };

/** One answer after the other, the last one for ever. */
const inTurn = (...answers: readonly [Answer, ...Answer[]]): Answer => {
  let asked = 0;
  return (request) => (answers[asked++] ?? (answers.at(-1) as Answer))(request);
};

let origin: ReturnType<typeof aWebServer>["origin"];
let warnings: [string, Record<string, unknown>?][];
let infos: typeof warnings;

beforeEach(() => {
  origin = aWebServer().origin;
  warnings = [];
  infos = [];
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
    info: (...said: (typeof infos)[number]) => void infos.push(said),
    error: quiet,
    warn: (...said: (typeof warnings)[number]) => void warnings.push(said),
  };
  const scope = { config: { ...configured.config, stores }, env, log, requestId: "req-1" };
  return openBytes(scope, range ? { ...wanted, range } : wanted, TIMES);
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
  const first: Answer = (request) => {
    asked++;
    if (asked === 2) slow.resume();
    return asked === 2 ? answer(BYTES)(request) : silence(request);
  };
  const body = await open(first, status(404));
  expect(body && (await bytesFrom(body))).toEqual(BYTES);
  expect(asked).toBe(2);
});

test("there is no data where every place has lost it, and an outage where one is only away", async () => {
  expect(await open(status(404), status(404))).toBeUndefined();
  await expect(open(status(404), status(503))).rejects.toMatchObject({ kind: "unavailable" });
  await expect(open(status(503), status(404))).rejects.toMatchObject({
    kind: "unavailable",
    message:
      "The data of image an-image cannot be read now. The web server of the location cannot be reached.",
  });
});

const BROKE_OFF = "a location broke off in the middle";
/** Of the first place, which breaks off there. */
const AT = 100_000;
const broken = place({ gives: AT });

describe("bytes that break off in the middle are read on where they broke", () => {
  test.each<[string, Answer, Answer, string]>([
    ["from the same place", inTurn(broken, place()), place(), "first"],
    ["from the same place after a while", inTurn(broken, status(503), place()), status(404), "first"],
    [
      "from the next place, if the first has other data now",
      inTurn(broken, place({ etag: '"two"' })),
      place(),
      "next",
    ],
    ["from the next place, if the first has lost it", inTurn(broken, status(404)), place(), "next"],
    ["from the next place, if the first says nothing more", inTurn(broken, silence), place(), "next"],
    [
      "from the next place, if the first cannot tell whether it has the same",
      inTurn(place({ gives: AT, etag: "" }), place({ etag: "" })),
      place({ etag: "" }),
      "next",
    ],
  ])("%s", async (_what, first, next, from) => {
    const body = await open(first, next);
    expect(body && (await bytesFrom(body))).toEqual(BYTES);
    expect(warnings[0]).toMatchObject([BROKE_OFF, { image: "an-image", store: "first", at: AT }]);
    expect(infos).toEqual([["a location gives the rest", { image: "an-image", store: from, at: AT }]]);
  });

  test("in a range as well", async () => {
    const body = await open(broken, status(404), { start: 7, end: 400_006 });
    expect(body && (await bytesFrom(body))).toEqual(BYTES.slice(7, 400_007));
    expect(infos.map(([, fields]) => fields?.at)).toEqual([100_000, 200_000, 300_000]);
  });

  test("as often as it takes, if there is some more each time", async () => {
    const body = await open(place({ gives: 70_000 }), status(404));
    expect(body && (await bytesFrom(body))).toEqual(BYTES);
    expect(infos).toHaveLength(7);
  });
});

test.each<[string, Answer, Answer]>([
  ["no place has the rest", inTurn(broken, status(404)), status(404)],
  ["no place can be read again", inTurn(broken, status(503)), status(503)],
  ["there is next to nothing each time", place({ gives: 1000 }), status(404)],
])("bytes break off for their reader too if %s, and the log says so", async (_what, first, next) => {
  const body = await open(first, next);
  await expect(body && bytesFrom(body)).rejects.toThrow();
  expect(warnings[0]).toMatchObject([BROKE_OFF, { image: "an-image", store: "first" }]);
});

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
