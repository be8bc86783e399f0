import { createHash } from "node:crypto";
import type { Pipe, StorePlatform } from "../../../src/stores/platform.ts";
import { join, pieceIn } from "./body-stream.ts";
import { type Memory, writeInParts } from "./part-writer.ts";

/** The platform under Node: several parts at once, from shared memory, hashed by threads. */
export const nodePlatform = (memory: Memory): StorePlatform => ({
  pipe: exactly,
  digest(algo) {
    const hash = createHash(algo);
    return {
      write: async (chunk) => void hash.update(chunk),
      finish: async () => hash.digest("hex"),
    };
  },
  piece: pieceIn,
  join,
  write: (body, opts, writing) => writeInParts(body, opts, writing, memory),
});

function exactly(bytes?: number): Pipe {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength;
      if (left < 0) throw new TypeError("there are more bytes than were announced");
      controller.enqueue(chunk);
    },
    flush() {
      if (left > 0 && bytes !== undefined) throw new TypeError("there are fewer bytes than were announced");
    },
  });
}
