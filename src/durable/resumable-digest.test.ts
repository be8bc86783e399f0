import { expect, test } from "vitest";
import { bytesOf } from "../../test/support/streams.ts";
import { type DigestAlgo, type DigestState, ResumableDigest } from "./resumable-digest.ts";

const WEB: [DigestAlgo, string][] = [
  ["md5", "MD5"],
  ["sha1", "SHA-1"],
  ["sha256", "SHA-256"],
  ["sha384", "SHA-384"],
  ["sha512", "SHA-512"],
];

async function nativeDigest(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new crypto.DigestStream(name);
  const writer = stream.getWriter();
  await writer.write(bytes);
  await writer.close();
  return [...new Uint8Array(await stream.digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

test.each(WEB)("%s put down and taken up at any byte is what it is in one go", async (algo, name) => {
  const bytes = bytesOf(1000);
  for (const cuts of [[], [0], [1], [63, 64, 65], [127, 128, 129], [111, 112, 500, 999], [1000]]) {
    let state: DigestState | undefined;
    for (const [i, from] of [0, ...cuts].entries()) {
      const digest = new ResumableDigest(algo, state);
      digest.update(bytes.subarray(from, [...cuts, 1000][i]));
      state = JSON.parse(JSON.stringify(digest.state)) as DigestState;
    }
    expect(new ResumableDigest(algo, state).finish()).toBe(await nativeDigest(name, bytes));
  }
});

test.each(WEB)("%s of nothing", async (algo, name) => {
  expect(new ResumableDigest(algo).finish()).toBe(await nativeDigest(name, new Uint8Array()));
});
