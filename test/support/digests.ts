import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { HashAlgo } from "../../src/stores/contract.ts";

const WEB_NAME: Record<HashAlgo, string> = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

/** What a store must say of these bytes, by other code than the stores use. */
export async function digestsOf(
  bytes: Uint8Array,
  algo: HashAlgo,
): Promise<{ checksum: string; hashValue: string }> {
  const value = await crypto.subtle.digest(WEB_NAME[algo], bytes as Uint8Array<ArrayBuffer>);
  return { checksum: bytesToHex(md5(bytes)), hashValue: bytesToHex(new Uint8Array(value)) };
}
