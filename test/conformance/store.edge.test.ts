import { env } from "cloudflare:workers";
import { MemoryStore } from "../../src/stores/memory.ts";
import { R2Store } from "../../src/stores/r2.ts";
import { storeConformance } from "./store.ts";

const MiB = 1024 * 1024;
const freshKey = () => crypto.randomUUID();

storeConformance("memory, in workerd", { open: async () => new MemoryStore("conformance"), freshKey });

const bucket = { bucket: env.IMAGES, name: "glimpse-images", partBytes: 5 * MiB };

storeConformance("r2", { open: async () => new R2Store(bucket), freshKey, partBytes: 5 * MiB });

storeConformance("r2, announced bodies in streamed parts", {
  open: async () => new R2Store({ ...bucket, putBytes: 0, streamedPartBytes: 5 * MiB }),
  freshKey,
  partBytes: 5 * MiB,
});
