import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../src/stores/memory.ts";
import { R2Store } from "../../src/stores/r2.ts";
import { streamOf } from "../support/streams.ts";
import { storeConformance } from "./store.ts";

const MiB = 1024 * 1024;
const freshKey = () => crypto.randomUUID();

storeConformance("memory, in workerd", { open: async () => new MemoryStore("conformance"), freshKey });

const bucket = { bucket: env.IMAGES, name: "glimpse-images", partBytes: 5 * MiB };

storeConformance("r2", { open: async () => new R2Store(bucket), freshKey, partBytes: 5 * MiB });

storeConformance("r2, announced bodies in streamed parts", {
  open: async () => new R2Store({ ...bucket, putBytes: 0 }),
  freshKey,
});

describe("r2", () => {
  test("says how to send more than the parts of one upload hold", async () => {
    const store = new R2Store({ ...bucket, partBytes: 64 });
    const outcome = store.put(freshKey(), streamOf(new Uint8Array(64 * 10_000 + 1)));
    await expect(outcome).rejects.toMatchObject({
      kind: "tooLarge",
      message: expect.stringMatching(/Send its length/),
    });
  });
});
