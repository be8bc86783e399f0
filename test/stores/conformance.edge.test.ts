import { env } from "cloudflare:workers";
import { expect, inject, test } from "vitest";
import { R2Store } from "../../src/stores/r2.ts";
import { type Harness, storeConformance } from "../conformance/store.ts";
import { openS3 } from "./open-s3.ts";
import { openSwift } from "./open-swift.ts";
import type { Services } from "./services.ts";

const MiB = 1024 * 1024;
const freshKey = () => crypto.randomUUID();
const { services, required } = inject("stores");

type Opener<T> = (service: T) => Pick<Harness, "open" | "pageKeys">;

/** What each store is opened with, once its server is there; every kind of store adds its line. */
const OPENERS: { readonly [Name in keyof Services]?: Opener<NonNullable<Services[Name]>> } = {
  "ceph-s3": (service) => ({ open: async () => openS3(service) }),
  "ceph-swift": (service) => ({ open: async () => openSwift(service) }),
  "openstack-swift": (service) => ({ open: async () => openSwift(service) }),
  // The same server, which asks Keystone about each request: pages are crossed above.
  "openstack-swift-keystone": (service) => ({ open: async () => openSwift(service), pageKeys: 50 }),
};

const r2 = new R2Store({ bucket: env.IMAGES, name: "glimpse-images", partBytes: 5 * MiB });
storeConformance("r2", { open: async () => r2, freshKey, partBytes: 5 * MiB });
const covered = ["r2"];

for (const [name, open] of Object.entries(OPENERS) as [keyof Services, Opener<never>][]) {
  const service = services[name];
  if (!service) continue;
  storeConformance(name, { ...open(service as never), freshKey, partBytes: 5 * MiB });
  covered.push(name);
}

test("every store that is required is there", () => {
  expect(required.filter((name) => !covered.includes(name))).toEqual([]);
});
