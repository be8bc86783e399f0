/** A thread that does nothing but both digests of as many bytes as it is told to. bytes.ts starts one on each core. */
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { pieceAt } from "../bytes.ts";

parentPort?.on("message", (bytes: number) => {
  const digests = ["md5", "sha512"].map((algo) => createHash(algo));
  for (let position = 0; position < bytes; position += pieceAt(0).byteLength)
    for (const digest of digests) digest.update(pieceAt(position));
  for (const digest of digests) digest.digest();
  parentPort?.postMessage("done");
});
parentPort?.postMessage("ready");
