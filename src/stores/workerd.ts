import { pieceOf } from "./http-body.ts";
import type { RunningDigest, StorePlatform } from "./platform.ts";
import { putBlob } from "./put-blob.ts";

const WEB_NAME = { md5: "MD5", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

/** The worker's own platform: streams of known length, and native digests. */
export const WORKERD: StorePlatform = {
  pipe: (bytes) => (bytes === undefined ? new IdentityTransformStream() : new FixedLengthStream(bytes)),
  digest,
  piece: pieceOf,
  write: (body, opts, writing) => putBlob(body, opts, writing, digest),
};

function digest(algo: keyof typeof WEB_NAME): RunningDigest {
  const stream = new crypto.DigestStream(WEB_NAME[algo]);
  stream.digest.catch(() => {}); // If a body fails, its digest is never read.
  const writer = stream.getWriter();
  return {
    write: (chunk) => writer.write(chunk),
    async finish() {
      await writer.close();
      return hex(await stream.digest);
    },
  };
}

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
