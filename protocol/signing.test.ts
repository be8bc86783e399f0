import { describe, expect, test } from "vitest";
import { Nonces } from "./nonces.ts";
import {
  payloadMatches,
  type SignedRequest,
  sign,
  UNSIGNED_PAYLOAD,
  type Verifier,
  verify,
} from "./signing.ts";

const now = Date.UTC(2026, 0, 1);
const key = { id: "k1", secret: "the secret that edge and relay share" };
const next = { id: "k2", secret: "the secret that is about to replace it" };
const request: SignedRequest = { method: "PUT", path: "/v1/stores/file/blobs/a", query: "location=x&size=5" };
const body = new TextEncoder().encode('{"prefix":"a"}');

const verifier = (overrides: Partial<Verifier> = {}): Verifier => {
  const nonces = new Nonces(10, () => overrides.now ?? now);
  return {
    keys: [key],
    windowSeconds: 60,
    now,
    remember: (nonce, expires) => nonces.remember(nonce, expires),
    ...overrides,
  };
};

const signed = async (by = key, at = now) =>
  (await sign(by, request, UNSIGNED_PAYLOAD, at)).authorization as string;

const flipped = (digit: string) => (digit === "0" ? "1" : "0");

describe("a signed request", () => {
  test("is let in with either of two live keys", async () => {
    const keys = [key, next];
    expect(await verify(request, await signed(), verifier({ keys }))).toMatchObject({
      ok: true,
      keyId: "k1",
    });
    expect(await verify(request, await signed(next), verifier({ keys }))).toMatchObject({
      ok: true,
      keyId: "k2",
    });
    expect(await verify(request, await signed(next), verifier())).toMatchObject({ ok: false });
  });

  test.each([
    ["another method", { method: "DELETE" }],
    ["another blob", { path: "/v1/stores/file/blobs/b" }],
    ["another store", { path: "/v1/stores/other/blobs/a" }],
    ["another query", { query: "location=x&size=6" }],
    ["no query", { query: "" }],
    ["a query moved into the path", { path: `${request.path}?${request.query}`, query: "" }],
  ])("is refused for %s", async (_, change) => {
    expect(await verify({ ...request, ...change }, await signed(), verifier())).toMatchObject({ ok: false });
  });

  test.each([
    ["a secret that differs", (text: string) => text, { ...key, secret: `${key.secret}!` }],
    ["a key nobody knows", (text: string) => text, { ...key, id: "k9" }],
    ["another time", (text: string) => text.replace(/time=\d+/, `time=${now + 1}`), key],
    ["another nonce", (text: string) => text.replace(/(?<=nonce=)./, flipped), key],
    ["a payload that was not signed", (text: string) => text.replace(UNSIGNED_PAYLOAD, "0".repeat(64)), key],
    ["a signature that is cut short", (text: string) => text.slice(0, -1), key],
    ["a signature with one bit turned", (text: string) => text.replace(/.$/, flipped), key],
    ["nothing after the scheme", () => "GLIMPSE-HMAC-SHA256", key],
    ["another scheme", () => "Bearer abc", key],
  ])("is refused with %s", async (_, change, by) => {
    const text = await signed(by);
    const changed = change(text);
    const nonceKept = changed === text && by === key;
    expect(nonceKept).toBe(false);
    expect(await verify(request, changed, verifier())).toMatchObject({ ok: false });
  });

  test("is refused without a signature", async () => {
    expect(await verify(request, undefined, verifier())).toMatchObject({ ok: false });
  });

  test("is refused a second time", async () => {
    const once = verifier();
    const text = await signed();
    expect(await verify(request, text, once)).toMatchObject({ ok: true });
    expect(await verify(request, text, once)).toMatchObject({
      ok: false,
      message: expect.stringContaining("before"),
    });
  });

  test("is refused outside the clock window, and let in at its edges", async () => {
    const at = async (offset: number) =>
      (await verify(request, await signed(key, now + offset), verifier())).ok;
    expect(await Promise.all([at(-60_000), at(60_000), at(-60_001), at(60_001)])).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("does not use up a nonce when it is forged", async () => {
    const once = verifier();
    const text = await signed();
    await verify(request, text.replace(/.$/, flipped), once);
    expect(await verify(request, text, once)).toMatchObject({ ok: true });
  });

  test("vouches for its whole body and no other", async () => {
    const { authorization } = await sign(key, request, body, now);
    const verdict = await verify(request, authorization, verifier());
    if (!verdict.ok) throw new Error(verdict.message);
    expect(await payloadMatches(verdict.payload, body)).toBe(true);
    expect(await payloadMatches(verdict.payload, body.slice(0, -1))).toBe(false);
    expect(await payloadMatches(verdict.payload, new Uint8Array())).toBe(false);
  });

  test("says nothing of the secret", async () => {
    expect(await signed()).not.toContain(key.secret);
  });
});

describe("nonces", () => {
  test("are forgotten when their window is over", () => {
    let time = now;
    const nonces = new Nonces(2, () => time);
    expect(nonces.remember("a", now + 1000)).toBe(true);
    time = now + 1001;
    expect(nonces.remember("a", time + 1000)).toBe(false);
    expect(nonces.remember("b", time + 1000)).toBe(true);
    expect(nonces.remember("a", time + 1000)).toBe(true);
  });

  test("are refused rather than forgotten early when there are too many", () => {
    const nonces = new Nonces(2, () => now);
    expect([nonces.remember("a", now), nonces.remember("b", now), nonces.remember("c", now)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
