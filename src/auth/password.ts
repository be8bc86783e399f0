import { scryptAsync } from "@noble/hashes/scrypt.js";
import { oneDerivationAtATime } from "./derivation-turn.ts";

/**
 * The cost parameters of scrypt. They are stored with each hash, so raising them here keeps old hashes valid; a login
 * with an old one replaces it. Of OWASP's equivalent choices this one takes the least memory: 16 MiB and about 0.3 s.
 */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

interface Parsed {
  readonly cost: typeof COST;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Parses `scrypt$N$r$p$salt$hash`. */
function parse(stored: string): Parsed {
  const [, N, r, p, salt, hash] = stored.split("$");
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: fromBase64(salt ?? ""),
    hash: fromBase64(hash ?? ""),
  };
}

/**
 * Yields every 10 ms, so that other requests of the isolate make progress. One derivation at a time bounds the memory.
 */
const derive = (secret: string, salt: Uint8Array, cost: typeof COST): Promise<Uint8Array> =>
  oneDerivationAtATime((alive) =>
    scryptAsync(secret.normalize("NFC"), salt, {
      ...cost,
      dkLen: HASH_BYTES,
      asyncTick: 10,
      onProgress: alive,
    }),
  );

/** A hash to store instead of the secret. Rejects `unavailable` if too many are being computed. */
export async function hashSecret(secret: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(secret, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, base64(salt), base64(hash)].join("$");
}

/**
 * Whether the secret matches the hash. Without a hash it takes as long and is false, so that the time does not reveal
 * whether a user exists.
 */
export async function isSecret(secret: string, stored: string | null): Promise<boolean> {
  const { cost, salt, hash } = stored
    ? parse(stored)
    : { cost: COST, salt: new Uint8Array(SALT_BYTES), hash: new Uint8Array(HASH_BYTES) };
  const same = crypto.subtle.timingSafeEqual(await derive(secret, salt, cost), hash);
  return same && stored !== null;
}

/** Whether the hash was made at a lower cost than today's. */
export function isOutdated(stored: string): boolean {
  const { cost } = parse(stored);
  return cost.N !== COST.N || cost.r !== COST.r || cost.p !== COST.p;
}
