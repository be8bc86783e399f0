import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { HttpStore } from "../../src/stores/http.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { R2Store } from "../../src/stores/r2.ts";
import { RelayStore } from "../../src/stores/relay.ts";
import { HttpOrigin } from "../support/http-origin.ts";
import { readerConformance, storeConformance } from "./store.ts";

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

const { url, dir, key } = inject("relay");

storeConformance("relay over memory, from workerd", {
  open: async () => new RelayStore({ id: "memory", url, key, prefixes: ["memory://memory/"] }),
  freshKey,
});

storeConformance("relay over file, from workerd", {
  open: async () => new RelayStore({ id: "file", url, key, prefixes: [`file://${dir}/`] }),
  freshKey,
});

const without = {
  "refuses the location of another store":
    "every http URL may be one of its own; http.test.ts has what it refuses",
};
for (const options of [{}, { rangeless: true }, { headless: true }])
  readerConformance(`http, of a server with ${JSON.stringify(options)}`, {
    open: async () => {
      const origin = new HttpOrigin(options);
      const store = new HttpStore({ allow: [], ports: [443], fetch: origin.on("any") });
      return origin.laidOut(store, "https://images.example.org/");
    },
    freshKey,
    without,
  });
