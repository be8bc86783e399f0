import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CephOptions } from "../../../relay/drivers/rbd/ceph.ts";
import type { OrderName } from "../../../relay/drivers/rbd/messages.ts";
import type { RbdStore } from "../../../relay/drivers/rbd/rbd.ts";
import { HashThreads } from "../../../relay/hashing/hash-threads.ts";
import { ServiceError } from "../../../src/domain/errors.ts";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../../support/streams.ts";
import { admin, CONF, listing, openRbd, POOL, pidOf, userWith } from "./ceph.node.ts";

const MiB = 1024 * 1024;
const LIMIT_SECONDS = 3;
/** How long Ceph takes a client that was killed for one that lives. */
const WATCH_SECONDS = 30;

const threads = new HashThreads();
const opened: RbdStore[] = [];
let before: string[];

beforeEach(async () => {
  before = await listing();
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

afterAll(() => threads.stop());

async function open(more: Partial<CephOptions> = {}): Promise<RbdStore> {
  const store = await openRbd(threads, { timeoutSeconds: LIMIT_SECONDS, ...more });
  opened.push(store);
  return store;
}

/** As the image's alarm removes what was given up: again and again. */
async function removed(store: RbdStore, key: string): Promise<void> {
  const end = performance.now() + 2 * WATCH_SECONDS * 1000;
  for (;;) {
    try {
      return await store.delete(store.locationOf(key));
    } catch (error) {
      if (performance.now() > end || !(error instanceof ServiceError)) throw error;
      await wait(1000);
    }
  }
}

/** How it ended, and after how many seconds. */
async function ending(work: Promise<unknown>): Promise<{ kind: string; seconds: number }> {
  const begun = performance.now();
  const kind = await work.then(
    () => "done",
    (error) => (error instanceof ServiceError ? error.kind : String(error)),
  );
  return { kind, seconds: (performance.now() - begun) / 1000 };
}

describe("the process that talks to Ceph is killed", () => {
  const stages: readonly OrderName[] = [
    "connect",
    "create",
    "resize",
    "write",
    "flush",
    "snapshot",
    "protect",
    "close",
  ];

  /** A store whose process dies once while it does this. */
  const dyingAt = (stage: OrderName, armed: { now: boolean }) =>
    open({
      observe: (order, { pid }) => {
        if (!armed.now || order.do !== stage || pid === undefined) return;
        armed.now = false;
        setImmediate(() => process.kill(pid, "SIGKILL"));
      },
    });

  test("at each step of an upload: that fails, the next one goes in at once, and nothing is left", async () => {
    const keys: string[] = [];
    for (const stage of stages) {
      const armed = { now: stage === "connect" };
      const store = await dyingAt(stage, armed);
      armed.now = stage !== "connect";
      const key = randomUUID();
      const { kind, seconds } = await ending(store.put(key, streamOf(bytesOf(17 * MiB))));
      // The connection is made before the store is there, and made anew then.
      expect([stage, kind]).toEqual([stage, stage === "connect" ? "done" : "unavailable"]);
      expect(seconds).toBeLessThan(10);
      const { location } = await store.put(`${key}.2`, streamOf(bytesOf(9)));
      expect(await bytesFrom((await store.get(location)).body)).toEqual(bytesOf(9));
      keys.push(key, `${key}.2`);
    }
    const store = await open();
    await Promise.all(keys.map((key) => removed(store, key)));
    expect(await listing()).toEqual(before);
  });

  test("at each step of a download: one that has begun goes on with a fresh process", async () => {
    const bytes = bytesOf(17 * MiB);
    for (const [stage, outcome] of [
      ["open", "unavailable"],
      ["read", "done"],
      ["stat", "done"],
    ] as const) {
      const armed = { now: false };
      const store = await dyingAt(stage, armed);
      const key = randomUUID();
      const { location } = await store.put(key, streamOf(bytes));
      armed.now = true;
      const read = async () =>
        expect(Buffer.compare(await bytesFrom((await store.get(location)).body), bytes)).toBe(0);
      expect([stage, (await ending(read())).kind]).toEqual([stage, outcome]);
      await read();
      await removed(store, key);
    }
    expect(await listing()).toEqual(before);
  });

  test("while it removes: what is half removed is removed by the next attempt", async () => {
    for (const stage of ["removeSnapshot", "removeImage"] as const) {
      const armed = { now: true };
      const store = await dyingAt(stage, armed);
      const key = randomUUID();
      const { location } = await store.put(key, streamOf(bytesOf(9 * MiB)));
      expect((await ending(store.delete(location))).kind).toBe("unavailable");
      await removed(store, key);
    }
    expect(await listing()).toEqual(before);
  });
});

test("a process that hangs is ended, and what waits for it fails in time", async () => {
  let pid = 0;
  const store = await open({
    timeoutSeconds: 1,
    observe: (_order, process) => {
      pid = process.pid ?? 0;
    },
  });
  const { location } = await store.put(randomUUID(), streamOf(bytesOf(9)));
  process.kill(pid, "SIGSTOP");
  const { kind, seconds } = await ending(store.stat(location));
  expect(kind).toBe("unavailable");
  expect(seconds).toBeLessThan(12);
  expect(await store.stat(location)).toEqual({ size: 9 });
  await store.delete(location);
  expect(await listing()).toEqual(before);
});

test("a store opens soon though no monitor answers, and serves when one does", async () => {
  const conf = `${CONF}.unreachable`;
  const text = await readFile(CONF, "utf8");
  await writeFile(conf, text.replace(/^mon host = .*$/m, "mon host = v2:127.0.0.1:1"));
  const opening = performance.now();
  const store = await open({ conf, timeoutSeconds: 8 });
  expect((performance.now() - opening) / 1000).toBeLessThan(7);
  const first = await ending(store.stat(store.locationOf("absent")));
  expect([first.kind, first.seconds < 10]).toEqual(["unavailable", true]);
  await writeFile(conf, text);
  expect((await ending(store.stat(store.locationOf("absent")))).kind).toBe("notFound");
  await rm(conf);
});

describe("the OSD stops", () => {
  const osd = pidOf("osd");
  const goOn = () => process.kill(osd, "SIGCONT");
  afterEach(goOn);

  /** An upload of which a part is in the cluster, and the rest is held. */
  async function halfWay(store: RbdStore, key: string) {
    const held = heldStream(bytesOf(20 * MiB, 1), bytesOf(20 * MiB, 2));
    const put = store.put(key, held.body);
    put.catch(() => {});
    await held.reached;
    return { put, resume: held.resume };
  }

  test("for a moment: an upload and a download go on when it is back", async () => {
    const store = await open({ timeoutSeconds: 20 });
    const key = randomUUID();
    const { put, resume } = await halfWay(store, key);
    process.kill(osd, "SIGSTOP");
    resume();
    await wait(2000);
    goOn();
    const { location, size } = await put;
    expect(size).toBe(40 * MiB);
    const { body } = await store.get(location);
    process.kill(osd, "SIGSTOP");
    const read = bytesFrom(body);
    await wait(2000);
    goOn();
    expect((await read).byteLength).toBe(40 * MiB);
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });

  test("for good: an upload fails in time, and nothing of it is left when the OSD is back", async () => {
    const store = await open();
    const key = randomUUID();
    const { put, resume } = await halfWay(store, key);
    process.kill(osd, "SIGSTOP");
    resume();
    const { kind, seconds } = await ending(put);
    expect(kind).toBe("unavailable");
    expect(seconds).toBeLessThan(LIMIT_SECONDS * 4);
    goOn();
    await removed(store, key);
    expect(await listing()).toEqual(before);
  });

  test("for good: a download breaks off in time, and what is asked meanwhile is refused in time", async () => {
    const store = await open();
    const bytes = bytesOf(40 * MiB);
    const { location } = await store.put(randomUUID(), streamOf(bytes));
    const { body } = await store.get(location);
    process.kill(osd, "SIGSTOP");
    const asked = [
      bytesFrom(body),
      store.stat(location),
      store.delete(location),
      store.put("x", streamOf(bytes)),
    ];
    for (const { kind, seconds } of await Promise.all(asked.map(ending))) {
      expect(kind).toBe("unavailable");
      expect(seconds).toBeLessThan(LIMIT_SECONDS * 5);
    }
    goOn();
    await removed(store, "x");
    await store.delete(location);
    expect(await listing()).toEqual(before);
  });
});

const quota = (bytes: number) => ["pool", "set-quota", POOL, "max_bytes", String(bytes)];
const ratios = (near: number, backfill: number, full: number) => [
  ["set-nearfull-ratio", String(near)],
  ["set-backfillfull-ratio", String(backfill)],
  ["set-full-ratio", String(full)],
];

test.each([
  { what: "a pool at its quota", full: [quota(1)], not: [quota(0)] },
  { what: "a cluster without room", full: ratios(1e-4, 1e-4, 1e-4), not: ratios(0.9, 0.95, 0.97) },
])("$what refuses an image as full and keeps nothing of it, and images can be deleted", async (room) => {
  const store = await open();
  const { location } = await store.put(randomUUID(), streamOf(bytesOf(9 * MiB)));
  const isFull = async (full: boolean) => {
    for (const command of full ? room.full : room.not) await admin("ceph", "osd", ...command);
    while ((await admin("ceph", "health", "detail")).includes("POOL_FULL") !== full) await wait(250);
  };
  await isFull(true);
  try {
    expect((await ending(store.put(randomUUID(), streamOf(bytesOf(9 * MiB))))).kind).toBe("full");
    await store.delete(location);
  } finally {
    await isFull(false);
  }
  expect(await listing()).toEqual(before);
});

test("a user that may only read is refused every write, and reads", async () => {
  await userWith("looker", "mon", "profile rbd", "osd", "profile rbd-read-only");
  const store = await open();
  const { location } = await store.put(randomUUID(), streamOf(bytesOf(9)));
  const looker = await open({ user: "looker" });
  expect((await ending(looker.put(randomUUID(), streamOf(bytesOf(9))))).kind).toBe("writeDenied");
  expect(await bytesFrom((await looker.get(location)).body)).toEqual(bytesOf(9));
  await store.delete(location);
  expect(await listing()).toEqual(before);
});
