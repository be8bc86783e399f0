import type { FileHandle } from "node:fs/promises";
import type { HashThreads } from "../hashing/hash-threads.ts";
import type { Content } from "./content.ts";

const BLOCK_BYTES = 1024 * 1024;

/** Whether the whole file matches the content's hash. */
export async function hashesTo(file: FileHandle, content: Content, threads: HashThreads): Promise<boolean> {
  if ((await file.stat()).size !== content.size) return false;
  const [digest] = threads.open([content.algo]);
  if (!digest) return false;
  // One block is read while the other is hashed.
  const blocks = [new SharedArrayBuffer(BLOCK_BYTES), new SharedArrayBuffer(BLOCK_BYTES)] as const;
  let hashing: Promise<void> = Promise.resolve();
  try {
    for (let position = 0, turn = 0; position < content.size; turn++) {
      const block = blocks[(turn % 2) as 0 | 1];
      const { bytesRead } = await file.read(new Uint8Array(block), 0, BLOCK_BYTES, position);
      if (bytesRead === 0) return false;
      await hashing;
      hashing = digest.update(block, bytesRead);
      position += bytesRead;
    }
    await hashing;
    return (await digest.finish()) === content.hash;
  } finally {
    await hashing.catch(() => {});
    digest.close();
  }
}
