import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { END_FRAME, frameHeader } from "../../protocol/frames.ts";
import { type SignedRequest, type SigningKey, sign, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { startTestRelay, TEST_KEY, type TestRelay } from "../../test/support/relay.node.ts";

let at: TestRelay;

beforeAll(async () => {
  at = await startTestRelay();
  await mkdir(at.dir, { recursive: true });
});

beforeEach(() => writeFile(join(at.dir, "kept"), "image"));

afterAll(() => at.stop());

const BLOBS = "/v1/stores/file/blobs";
const location = (key: string) => `location=${encodeURIComponent(`file://${at.dir}/${key}`)}`;

/** Each request of the origin door, to a key that is there and to one that is not. */
const REQUESTS: readonly { name: string; of: () => SignedRequest }[] = [
  { name: "a list", of: () => ({ method: "GET", path: BLOBS, query: "" }) },
  { name: "a size", of: () => ({ method: "GET", path: `${BLOBS}/kept/info`, query: "" }) },
  { name: "a download", of: () => ({ method: "GET", path: `${BLOBS}/kept`, query: "start=1" }) },
  { name: "an upload", of: () => ({ method: "PUT", path: `${BLOBS}/new`, query: location("new") }) },
  { name: "a removal", of: () => ({ method: "DELETE", path: `${BLOBS}/kept`, query: "" }) },
];

const IMAGE = Buffer.concat([Buffer.from(frameHeader(5)), Buffer.from("image"), Buffer.from(END_FRAME)]);

/** How a forger's request differs from what was signed. */
interface Forgery {
  readonly name: string;
  readonly key?: SigningKey;
  /** Seconds from now, of the signature. */
  readonly at?: number;
  readonly sent?: (request: SignedRequest) => SignedRequest;
  readonly authorization?: (header: string) => string;
}

const FORGERIES: readonly Forgery[] = [
  { name: "not signed", authorization: () => "" },
  { name: "signed with another secret", key: { ...TEST_KEY, secret: "what somebody takes for the secret" } },
  { name: "signed with a key that there is not", key: { ...TEST_KEY, id: "nobody" } },
  { name: "signed too long ago", at: -61 },
  { name: "signed by a clock that is far ahead", at: 61 },
  { name: "for another key than was signed", sent: (r) => ({ ...r, path: `${r.path}2` }) },
  {
    name: "for another store than was signed",
    sent: (r) => ({ ...r, path: r.path.replace("file", "memory") }),
  },
  { name: "of another method", sent: (r) => ({ ...r, method: r.method === "DELETE" ? "GET" : "DELETE" }) },
  { name: "of another query", sent: (r) => ({ ...r, query: r.query ? `${r.query}0` : "prefix=k" }) },
  { name: "with half a signature", authorization: (header) => header.slice(0, -32) },
];

async function send(signed: SignedRequest, how: Omit<Forgery, "name"> = {}): Promise<Response> {
  const body = signed.method === "PUT" ? UNSIGNED_PAYLOAD : new Uint8Array();
  const when = Date.now() + (how.at ?? 0) * 1000;
  const { authorization = "" } = await sign(how.key ?? TEST_KEY, signed, body, when);
  return sendAs(how.sent?.(signed) ?? signed, how.authorization?.(authorization) ?? authorization);
}

function sendAs({ method, path, query }: SignedRequest, authorization: string): Promise<Response> {
  return fetch(`${at.relay.url}${path}${query && `?${query}`}`, {
    method,
    headers: { authorization, "content-type": "application/vnd.glimpse.frames" },
    ...(method === "PUT" ? { body: IMAGE } : {}),
  });
}

/** All that the directory holds, partial files included. */
const listing = async () => (await readdir(at.dir, { recursive: true })).sort();

describe.each(FORGERIES)("a request that is $name", (forgery) => {
  test.each(REQUESTS)("is refused, and the store lists what it did: $name", async ({ of }) => {
    const before = await listing();
    const response = await send(of(), forgery);
    expect([response.status, await response.json()]).toEqual([
      401,
      expect.objectContaining({ kind: "unauthorized" }),
    ]);
    expect(await listing()).toEqual(before);
  });
});

describe("a request that was heard before", () => {
  test.each(REQUESTS)("is refused, and the store lists what it did: $name", async ({ of }) => {
    const request = of();
    const body = request.method === "PUT" ? UNSIGNED_PAYLOAD : new Uint8Array();
    const { authorization = "" } = await sign(TEST_KEY, request, body, Date.now());
    const first = await sendAs(request, authorization);
    await first.arrayBuffer();
    expect(first.status).toBeLessThan(300);
    const before = await listing();
    expect((await sendAs(request, authorization)).status).toBe(401);
    expect(await listing()).toEqual(before);
  });
});

test("an upload that is cut off before its end leaves nothing", async () => {
  const before = await listing();
  const request = { method: "PUT", path: `${BLOBS}/cut`, query: location("cut") };
  const { authorization = "" } = await sign(TEST_KEY, request, UNSIGNED_PAYLOAD, Date.now());
  const response = await fetch(`${at.relay.url}${request.path}?${request.query}`, {
    method: "PUT",
    headers: { authorization },
    body: IMAGE.subarray(0, -1),
  });
  expect(response.status).toBe(400);
  await response.arrayBuffer();
  expect(await listing()).toEqual(before);
});
