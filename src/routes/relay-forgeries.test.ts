import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Control } from "../../protocol/control.ts";
import { allKeys } from "../../test/support/image-data.ts";
import { givenImage } from "../../test/support/images.ts";
import {
  type Asking,
  asked,
  boot,
  IN_R2,
  KEY,
  NOW,
  said,
  send,
  signed,
  twice,
  uploadHeaders,
  WRITTEN,
} from "../../test/support/relay-requests.ts";

/** An image that waits for its bytes, and one whose upload into R2 a relay holds by this lease. */
let waiting: string;
let saving: string;
let lease: string;

beforeEach(async () => {
  waiting = await givenImage();
  saving = await givenImage();
  const granted = await asked({ what: "uploads", image: saving }, { json: uploadHeaders(IN_R2) });
  lease = granted.body.lease;
  const part: Control = { what: "part", image: saving, lease, number: 1 };
  expect(await asked(part, { part: "image" })).toMatchObject({ status: 204 });
});

interface Question {
  readonly what: Control["what"];
  readonly control: () => Control;
  readonly asking: Asking;
}

const QUESTIONS: readonly Question[] = [
  { what: "boots", control: () => ({ what: "boots" }), asking: { json: boot(NOW + 1000, "a later life") } },
  {
    what: "uploads",
    control: () => ({ what: "uploads", image: waiting }),
    asking: { json: uploadHeaders() },
  },
  { what: "file", control: () => ({ what: "file", image: saving }), asking: {} },
  { what: "heartbeat", control: () => ({ what: "heartbeat", image: saving, lease }), asking: { json: {} } },
  {
    what: "complete",
    control: () => ({ what: "complete", image: saving, lease }),
    asking: { json: WRITTEN },
  },
  { what: "abort", control: () => ({ what: "abort", image: saving, lease }), asking: { json: {} } },
  {
    what: "part",
    control: () => ({ what: "part", image: saving, lease, number: 2 }),
    asking: { part: "image" },
  },
];

const FORGED = { ...KEY, secret: "what somebody else takes for the secret" };

async function changed(
  { control, asking }: Question,
  change: { url?: (url: string) => string; authorization?: string; body?: (text: string) => string },
): Promise<Request> {
  const request = await signed(control(), asking);
  const text = await request.clone().text();
  const body = change.body ? change.body(text) : text;
  const headers = new Headers(request.headers);
  if (change.authorization !== undefined) headers.set("authorization", change.authorization);
  if (asking.part !== undefined) headers.set("content-length", String(body.length));
  return new Request(change.url?.(request.url) ?? request.url, {
    ...{ method: request.method, headers },
    ...(request.method === "GET" ? {} : { body }),
  });
}

interface Forgery {
  readonly name: string;
  /** Undefined where the question has nothing of the kind. */
  readonly forge: (question: Question) => Promise<Request> | undefined;
}

const retargeted = (from: () => string, to: () => Promise<string>) => (question: Question) => {
  const path = JSON.stringify(question.control());
  if (!path.includes(from())) return undefined;
  return to().then((other) => changed(question, { url: (url) => url.replace(from(), other) }));
};

const FORGERIES: readonly Forgery[] = [
  { name: "unsigned", forge: (question) => changed(question, { authorization: "" }) },
  { name: "signed with another secret", forge: (q) => signed(q.control(), { ...q.asking, key: FORGED }) },
  {
    name: "signed with a key that there is not",
    forge: (q) => signed(q.control(), { ...q.asking, key: { ...KEY, id: "nobody" } }),
  },
  {
    name: "signed too long ago",
    forge: (q) => signed(q.control(), { ...q.asking, at: Date.now() - 61_000 }),
  },
  {
    name: "signed by a clock that is far ahead",
    forge: (q) => signed(q.control(), { ...q.asking, at: Date.now() + 61_000 }),
  },
  { name: "signed for another image that waits", forge: retargeted(() => waiting, givenImage) },
  { name: "signed for another image that is saving", forge: retargeted(() => saving, givenImage) },
  {
    name: "signed for another lease",
    forge: retargeted(
      () => lease,
      async () => crypto.randomUUID(),
    ),
  },
  {
    name: "signed for another question",
    forge: (question) =>
      changed(question, {
        url: (url) =>
          url.replace(/[a-z]+(\/\d+)?(\?.*)?$/, question.what === "abort" ? "heartbeat" : "abort"),
      }),
  },
  {
    name: "signed with another query",
    forge: (question) =>
      changed(question, {
        url: (url) => (url.includes("?") ? url.replace(/=5$/, "=4") : `${url}?prefer=r2`),
      }),
  },
  {
    name: "cut off",
    forge: (q) => (q.what === "file" ? undefined : changed(q, { body: (text) => text.slice(0, -1) })),
  },
  {
    name: "of another body",
    forge: (q) =>
      q.asking.json === undefined ? undefined : changed(q, { body: (text) => text.replace("}", ',"x":1}') }),
  },
];

/** Everything that a request could have changed: the stores' listings and what the catalogue says of images. */
async function state() {
  const { results } = await env.DB.prepare(
    "SELECT id, status, generation, size FROM images WHERE id IN (?, ?) ORDER BY id",
  )
    .bind(waiting, saving)
    .all();
  return { keys: await allKeys(), images: results };
}

describe.each(FORGERIES)("a relay's request that is $name", ({ forge }) => {
  test.each(QUESTIONS)("is refused to the relay, and nothing comes of it: $what", async (question) => {
    const making = forge(question);
    if (!making) return;
    const request = await making;
    const before = await state();
    expect(await said(request)).toMatchObject({ status: expect.toSatisfy(isRefusal), forClient: false });
    expect(await state()).toEqual(before);
    expect(await asked({ what: "heartbeat", image: saving, lease }, { json: {} })).toMatchObject({
      status: 204,
    });
  });
});

/** The upload of the image that waits for its bytes. */
const givenUp = (held: string) =>
  asked({ what: "abort", image: waiting, lease: held }, { json: { keyTaken: true } });

/** 404 where the forger named a question that there is not. */
const isRefusal = (status: number): boolean => status === 401 || status === 404;

describe("a relay's request that was heard before", () => {
  test.each(QUESTIONS.filter(({ what }) => what !== "file" && what !== "boots"))(
    "is refused, and nothing comes of it: $what",
    async ({ what, control, asking }) => {
      const [request, again] = await twice(await signed(control(), asking));
      await send(request);
      const before = await state();
      // That the image is saving is said to whoever asks, before its object is.
      const refusal = what === "uploads" ? { status: 409 } : { status: 401, forClient: false };
      expect(await said(again)).toMatchObject(refusal);
      expect(await state()).toEqual(before);
    },
  );

  test("begins no second upload when the first has been given up", async () => {
    const [request, again] = await twice(
      await signed({ what: "uploads", image: waiting }, { json: uploadHeaders() }),
    );
    await givenUp((await said(request)).body.lease);
    const before = await state();
    expect(await said(again)).toMatchObject({ status: 401, forClient: false });
    expect(await state()).toEqual(before);
  });

  test("is decided anew where it was refused (decision 39), and accepted one time and no more", async () => {
    const first = await asked({ what: "uploads", image: waiting }, { json: uploadHeaders() });
    const request = await signed({ what: "uploads", image: waiting }, { json: uploadHeaders() });
    const [refused, more] = await twice(request);
    const [accepted, again] = await twice(more);
    expect(await said(refused)).toMatchObject({ status: 409, forClient: true });
    await givenUp(first.body.lease);
    const { status, body } = await said(accepted);
    expect(status).toBe(201);
    await givenUp(body.lease);
    expect(await said(again)).toMatchObject({ status: 401, forClient: false });
  });

  test("ends nothing when it announces a relay's start: what that relay took since goes on", async () => {
    const [request, again] = await twice(await signed({ what: "boots" }, { json: boot(NOW + 1000, "new") }));
    expect((await said(request)).status).toBe(204);
    const json = { ...uploadHeaders(IN_R2), boot: boot(NOW + 1000, "new") };
    const granted = await asked({ what: "uploads", image: waiting }, { json });
    const before = await state();
    expect((await said(again)).status).toBe(204);
    expect(await state()).toEqual(before);
    const beat: Control = { what: "heartbeat", image: waiting, lease: granted.body.lease };
    expect(await asked(beat, { json: {} })).toMatchObject({ status: 204 });
  });

  test("says the same again when it only asked for a download (decision 10), and changes nothing", async () => {
    const { url, headers } = await signed({ what: "file", image: saving });
    const before = await state();
    const [once, again] = [
      await said(new Request(url, { headers })),
      await said(new Request(url, { headers })),
    ];
    expect(again.status).toBe(once.status);
    expect(await state()).toEqual(before);
  });
});
