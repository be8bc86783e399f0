import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import type { RbdStore } from "../../../relay/drivers/rbd/rbd.ts";
import { HashThreads } from "../../../relay/hashing/hash-threads.ts";
import { rbdNames } from "../../../src/stores/rbd-location.ts";
import { RelayStore } from "../../../src/stores/relay.ts";
import { storeConformance } from "../../conformance/store.ts";
import { startTestRelay, TEST_KEY, type TestRelay } from "../../support/relay.node.ts";
import { CONF, FSID, openRbd, POOL, USER } from "./ceph.node.ts";

const MiB = 1024 * 1024;
const threads = new HashThreads();
let store: RbdStore;
let relay: TestRelay;

const relayed = () =>
  new RelayStore({
    id: "rbd",
    url: relay.relay.url,
    key: TEST_KEY,
    prefixes: [`rbd://${FSID}/`],
    names: rbdNames({ fsid: FSID, pool: POOL }),
    hasDependents: true,
  });

beforeAll(async () => {
  store = await openRbd(threads);
  const settings = { id: "rbd", type: "rbd", fsid: FSID, pool: POOL, conf: CONF, user: USER } as const;
  relay = await startTestRelay({ stores: [{ ...settings, timeout_seconds: 10 }] });
});

afterAll(async () => {
  await store.close();
  await relay.stop();
  await threads.stop();
});

/** Listings are read into room for 64 at first. */
const harness = { freshKey: () => randomUUID(), partBytes: 8 * MiB, pageKeys: 70 };

storeConformance("rbd", { ...harness, open: async () => store });
storeConformance("relay over rbd", { ...harness, open: async () => relayed() });
