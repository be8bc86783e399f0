import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { openS3, openSwift } from "../../relay/drivers/object/open-object.ts";
import type { Memory } from "../../relay/drivers/object/part-writer.ts";
import { HashThreads } from "../../relay/hashing/hash-threads.ts";
import type { OpenStore } from "../../relay/open-store.ts";
import { PartBuffers } from "../../relay/part-buffers.ts";
import { storeConformance } from "../conformance/store.ts";
import { servicesHere } from "./services.node.ts";
import type { S3Service, SwiftService } from "./services.ts";

const MiB = 1024 * 1024;
const threads = new HashThreads();
const memory: Memory = { threads, buffers: new PartBuffers(64 * MiB) };
const opened: OpenStore[] = [];

afterAll(async () => {
  for (const store of opened) await store.close?.();
  await threads.stop();
});

const keep = (store: OpenStore): OpenStore => {
  opened.push(store);
  return store;
};

const s3 = ({ accessKeyId, secretAccessKey, ...server }: S3Service) =>
  openS3(
    {
      ...{ id: "s3", type: "s3", addressing: "path", create_bucket: false, part_bytes: 5 * MiB, ...server },
      ...{ access_key_id: accessKeyId, secret: secretAccessKey },
      ...{ answer_seconds: 60, idle_seconds: 60, patience_seconds: 30 },
    },
    memory,
  );

const swift = ({ authUrl, container, key, project, user }: SwiftService) =>
  openSwift(
    {
      ...{ id: "swift", type: "swift", interface: "public", auth_url: authUrl, container, user, secret: key },
      ...(project === undefined ? { auth_version: 1 } : { auth_version: 3, project_name: project }),
      ...{ reference: "ref1", container_seed: 0, create_container: true, part_bytes: 5 * MiB },
      ...{ answer_seconds: 30, idle_seconds: 30 },
    },
    memory,
  );

const { "ceph-s3": bucket, ...containers } = servicesHere();
const harness = (open: () => OpenStore) => {
  let store: OpenStore | undefined;
  const opens = async () => {
    store ??= keep(open());
    return store;
  };
  return { open: opens, freshKey: () => randomUUID(), partBytes: 5 * MiB, pageKeys: 50 };
};

/** The same code as in the worker (conformance.edge.test.ts), as a relay carries bytes. Pages of listings are crossed there. */
if (bucket)
  storeConformance(
    "ceph-s3, from a relay",
    harness(() => s3(bucket)),
  );
for (const [name, container] of Object.entries(containers))
  storeConformance(
    `${name}, from a relay`,
    harness(() => swift(container)),
  );

test("every store that is required is there", () => {
  const required = (process.env.CONFORMANCE_REQUIRE ?? "")
    .split(",")
    .filter((name) => /-(s3|swift)/.test(name));
  expect(required.filter((name) => !Object.hasOwn(servicesHere(), name))).toEqual([]);
});
