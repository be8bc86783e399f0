import { AUTHORIZATION } from "./headers.ts";

/**
 * Edge and relay authenticate to one another by signed requests: HMAC-SHA-256 over method, path, query, time, nonce and
 * the digest of the body, or an explicit mark that the body is not signed. Other headers are not signed, so nothing
 * that matters stands in them. Two keys may be valid at once, for rotation: add the new one to the relay, switch the
 * edge, remove the old one. Each relay has keys of its own.
 */
export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

/** Path and query as they stand in the request line; the query without its question mark. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
}

/** Marks a body that is too large to read before it is sent. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

const SCHEME = "GLIMPSE-HMAC-SHA256";
const NONCE_BYTES = 16;
const FORM =
  /^GLIMPSE-HMAC-SHA256 key=([!-+\--~]{1,64}), time=(\d{1,15}), nonce=([0-9a-f]{32}), payload=([0-9a-f]{64}|UNSIGNED-PAYLOAD), signature=([0-9a-f]{64})$/;

const encoder = new TextEncoder();

/** The header that signs a request. `now` is milliseconds since the epoch. */
export async function sign(
  key: SigningKey,
  request: SignedRequest,
  body: Uint8Array<ArrayBuffer> | typeof UNSIGNED_PAYLOAD,
  now: number,
): Promise<Record<string, string>> {
  const nonce = hex(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const payload = body === UNSIGNED_PAYLOAD ? body : await digest(body);
  const signature = await hmac(key.secret, textToSign(key.id, request, now, nonce, payload));
  return {
    [AUTHORIZATION]: `${SCHEME} key=${key.id}, time=${now}, nonce=${nonce}, payload=${payload}, signature=${hex(signature)}`,
  };
}

/** What `verify` needs to know besides the request. */
export interface Verifier {
  readonly keys: readonly SigningKey[];
  /** How far the two clocks may differ, and so how long a nonce is remembered. */
  readonly windowSeconds: number;
  readonly now: number;
  /** Remembers the nonce until `expires` (milliseconds). False if it was seen before, or if there is no room. */
  remember(nonce: string, expires: number): boolean;
}

export type Verdict =
  | { readonly ok: true; readonly keyId: string; readonly payload: string }
  | { readonly ok: false; readonly message: string };

/** Checks a request before its body is read; `payloadMatches` then checks a body that was signed. */
export async function verify(
  request: SignedRequest,
  authorization: string | undefined,
  verifier: Verifier,
): Promise<Verdict> {
  const match = FORM.exec(authorization ?? "");
  if (!match) return { ok: false, message: "The request is not signed." };
  const [keyId, time, nonce, payload, signature] = match.slice(1) as [string, string, string, string, string];
  const key = verifier.keys.find(({ id }) => id === keyId);
  // An unknown key costs the same work as a wrong signature, and gets the same answer.
  const expected = await hmac(key?.secret ?? nonce, textToSign(keyId, request, Number(time), nonce, payload));
  if (!sameBytes(expected, fromHex(signature)) || !key)
    return { ok: false, message: "The request's signature is not valid." };
  const window = verifier.windowSeconds * 1000;
  if (Math.abs(verifier.now - Number(time)) > window)
    return { ok: false, message: "The request was signed too long ago, or by a clock that differs." };
  if (!verifier.remember(nonce, Number(time) + window))
    return { ok: false, message: "The request was seen before." };
  return { ok: true, keyId, payload };
}

/** Whether this body is the one that was signed. */
export async function payloadMatches(payload: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return payload === UNSIGNED_PAYLOAD || payload === (await digest(body));
}

const textToSign = (keyId: string, request: SignedRequest, time: number, nonce: string, payload: string) =>
  [SCHEME, keyId, request.method, request.path, request.query, time, nonce, payload].join("\n");

async function hmac(secret: string, text: string): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

const digest = async (body: Uint8Array<ArrayBuffer>) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));

/** Takes the same time wherever the two differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.byteLength ^ b.byteLength;
  for (let i = 0; i < a.byteLength; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

const fromHex = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
