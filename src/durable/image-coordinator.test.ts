import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { givenImage, imageRow, locationRows } from "../../test/support/images.ts";
import type { Standing } from "../db/transitions.ts";
import { configOf } from "../env.ts";
import type { ImageStore } from "../stores/contract.ts";
import { MemoryStore } from "../stores/memory.ts";
import { openStores } from "../stores/open.ts";
import { coordinatorOf } from "./coordinator-of.ts";
import type { ImageCoordinator } from "./image-coordinator.ts";
import type { Lease } from "./transfers.ts";

type Stub = DurableObjectStub<ImageCoordinator>;

const configured = configOf(env);
if (!configured.ok) throw new Error(configured.problems.join());
const { config } = configured;
const store = openStores(config, env).get("file") as ImageStore;
const bytes = () => new Blob(["image"]).stream();

const begin = async (stub: Stub, generation = 0) =>
  stub.beginUpload({ store: "file", seen: { status: "queued", generation } });

async function begun(stub: Stub, generation = 0): Promise<Lease> {
  const granted = await begin(stub, generation);
  if (!granted.ok) throw new Error(granted.message);
  return { ok: true, lease: granted.lease, key: granted.key, location: granted.location };
}

const written = async (key: string) => ({ ...(await store.put(key, bytes())), store: "file" });
const holds = (key: string) =>
  store.stat(store.locationOf(key)).then(
    () => true,
    () => false,
  );

/** Moves the clock past something and lets the alarm see it. */
async function later(stub: Stub, seconds: number): Promise<void> {
  vi.setSystemTime(Date.now() + seconds * 1000);
  await runDurableObjectAlarm(stub);
}

afterEach(() => {
  vi.useRealTimers();
});

test("an upload goes from queued through saving to active, with what the writer reports", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  expect(key).toBe(id);
  expect(await imageRow(id)).toMatchObject({ status: "saving", size: 0 });
  expect(await stub.heartbeat(lease)).toEqual({ ok: true });
  expect(await stub.complete(lease, await written(key))).toEqual({ ok: true });
  expect(await imageRow(id)).toMatchObject({ status: "active", size: 5, generation: 2 });
  expect(await locationRows(id)).toEqual([{ url: store.locationOf(id), status: "active" }]);
});

test("a second upload is refused while one is saving, and the first goes on", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const answers = await Promise.all([begin(stub), begin(stub)]);
  expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
  expect(answers.find((answer) => !answer.ok)).toMatchObject({ kind: "conflict" });
});

test("a writer that asks twice hears twice that its upload is complete", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  const report = await written(key);
  await stub.complete(lease, report);
  await evictDurableObject(stub);
  expect(await stub.complete(lease, report)).toEqual({ ok: true });
  expect(await locationRows(id)).toHaveLength(1);
});

test("an image without formats is not begun, and stays queued", async () => {
  const id = await givenImage({ formats: false });
  expect(await begin(coordinatorOf(env, id))).toMatchObject({ ok: false, kind: "invalid" });
  expect(await imageRow(id)).toMatchObject({ status: "queued" });
});

test("an upload that its owner's quota refuses leaves the record as it was, what a failed import left on it too", async () => {
  const id = await givenImage();
  const url = "https://images.example.org/left-by-an-import";
  await env.DB.prepare(
    "INSERT INTO image_locations (image_id, url, store, created_at) VALUES (?, ?, 'web', 1)",
  )
    .bind(id, url)
    .run();
  const asked = (uploading: number) =>
    coordinatorOf(env, id).beginUpload({
      ...{ store: "file", seen: { status: "queued", generation: 0 } },
      reserve: { most: { images: null, bytes: null, uploading }, size: 5, step: 5 },
    });
  const before = await imageRow(id);
  expect(await asked(0)).toMatchObject({ ok: false, kind: "tooLarge" });
  expect(await imageRow(id)).toEqual(before);
  expect(await locationRows(id)).toEqual([{ url, status: "active" }]);
  expect(await asked(1000)).toMatchObject({ ok: true });
  expect(await locationRows(id)).toEqual([]);
});

test("an upload that is given up leaves the image queued, its bytes removed, and the next one a key of its own", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await written(key);
  await stub.abort(lease);
  await runDurableObjectAlarm(stub);
  expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
  expect(await holds(key)).toBe(false);
  expect((await begun(stub, 2)).key).toBe(`${id}.2`);
});

test("a lease that is not renewed ends, and the image is queued again", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await written(key);
  await later(stub, config.transfers.leaseSeconds + 1);
  expect(await imageRow(id)).toMatchObject({ status: "queued" });
  expect(await holds(key)).toBe(false);
  expect(await stub.heartbeat(lease)).toMatchObject({ ok: false, kind: "conflict" });
});

test("a heartbeat keeps a lease past its first end", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease } = await begun(stub);
  vi.setSystemTime(Date.now() + 50_000);
  await stub.heartbeat(lease);
  await later(stub, 50);
  expect(await imageRow(id)).toMatchObject({ status: "saving" });
});

test("a writer that comes back after its lease is gone is refused, and its bytes are removed", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const first = await begun(stub);
  await later(stub, config.transfers.leaseSeconds + 1);
  const second = await begun(stub, 2);
  const late = await written(first.key);
  expect(await stub.complete(first.lease, late)).toMatchObject({ ok: false, kind: "conflict" });
  expect(await stub.complete(second.lease, await written(second.key))).toEqual({ ok: true });
  await runDurableObjectAlarm(stub);
  expect(await holds(first.key)).toBe(false);
  expect(await holds(second.key)).toBe(true);
});

test("a late writer that dies without a word leaves nothing: its key is removed once more", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { key } = await begun(stub);
  await later(stub, config.transfers.leaseSeconds + 1);
  await written(key);
  await later(stub, config.transfers.lateWriterSeconds + 1);
  expect(await holds(key)).toBe(false);
});

test("bytes that were there before the image are passed over and never removed", async () => {
  const id = await givenImage();
  await store.put(id, bytes());
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  expect(key).toBe(`${id}.2`);
  await stub.abort(lease);
  await runDurableObjectAlarm(stub);
  expect(await holds(id)).toBe(true);
});

test("a key that somebody takes between begin and write stays theirs", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await store.put(key, bytes());
  await stub.abort(lease, { keyTaken: true });
  await runDurableObjectAlarm(stub);
  expect(await holds(key)).toBe(true);
});

test("deleting while an upload runs ends it: the uploader hears gone, and no byte remains", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  expect(await stub.delete({ status: "saving", generation: 1 })).toEqual({ ok: true });
  expect(await imageRow(id)).toMatchObject({ status: "deleted" });
  expect(await stub.heartbeat(lease)).toMatchObject({ kind: "gone" });
  expect(await stub.complete(lease, await written(key))).toMatchObject({ kind: "gone" });
  await runDurableObjectAlarm(stub);
  expect(await holds(key)).toBe(false);
});

test("deleting an active image removes its bytes, its location and what hangs on it", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  await env.DB.prepare("INSERT INTO image_tags (image_id, value) VALUES (?, 'blue')").bind(id).run();
  const { lease, key } = await begun(stub);
  await stub.complete(lease, await written(key));
  // The caller read the image before the upload had ended: the transition is decided on what is there now.
  expect(await stub.delete({ status: "saving", generation: 1 })).toEqual({ ok: true });
  expect(
    await env.DB.prepare("SELECT count(*) n FROM image_tags WHERE image_id = ?").bind(id).first("n"),
  ).toBe(0);
  await runDurableObjectAlarm(stub);
  expect(await holds(key)).toBe(false);
  expect(await locationRows(id)).toEqual([]);
  expect(await stub.delete({ status: "active", generation: 2 })).toMatchObject({ ok: false, kind: "gone" });
});

test("bytes of an active image are never removed, whatever asks for it", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  const report = await written(key);
  await stub.complete(lease, report);
  await stub.complete("another lease", report);
  await runDurableObjectAlarm(stub);
  expect(await holds(key)).toBe(true);
});

test("bytes that a store cannot remove yet are tried again until it can", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await stub.complete(lease, await written(key));
  const failing = vi.spyOn(MemoryStore.prototype, "delete").mockRejectedValue(new Error("the store is away"));
  await stub.delete({ status: "active", generation: 2 });
  await runDurableObjectAlarm(stub);
  expect(await locationRows(id)).toEqual([{ url: store.locationOf(key), status: "pending_delete" }]);
  failing.mockRestore();
  await later(stub, 10);
  expect(await holds(key)).toBe(false);
  expect(await locationRows(id)).toEqual([]);
});

describe("bytes that are being removed", () => {
  /** An image whose bytes these are, while its store removes them for as long as it is not told to end. */
  async function removing() {
    const id = await givenImage();
    const stub = coordinatorOf(env, id);
    const { lease, key, location: url } = await begun(stub);
    await stub.complete(lease, await written(key));
    const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const kept = MemoryStore.prototype.delete;
    const removal = vi.spyOn(MemoryStore.prototype, "delete").mockImplementation(async function (
      this: MemoryStore,
      location,
    ) {
      asked.resolve();
      await answered.promise;
      return kept.call(this, location);
    });
    return {
      ...{ id, url },
      begin: () => stub.delete({ status: "active", generation: 2 }),
      async reached() {
        const running = runDurableObjectAlarm(stub);
        await asked.promise;
        return async () => {
          answered.resolve();
          await running;
          removal.mockRestore();
        };
      },
    };
  }

  const adding = (id: string, url: string, seen: Standing = { status: "queued", generation: 0 }) =>
    coordinatorOf(env, id).changeLocations(seen, {
      locations: { add: [{ url, store: "file", metadata: { store: "file" } }] },
      ...(seen.status === "queued" ? { columns: { size: 5 } } : {}),
      reserve: { most: { images: null, bytes: null, uploading: null }, size: 5, step: 5 },
    });

  test("are not given to another image, which stays as it was", async () => {
    const { begin: remove, reached, url } = await removing();
    await remove();
    const end = await reached();
    const other = await givenImage();
    const before = await imageRow(other);
    expect(await adding(other, url)).toMatchObject({ ok: false, kind: "conflict" });
    expect(await imageRow(other)).toEqual(before);
    expect(await locationRows(other)).toEqual([]);
    await end();
  });

  test("for one of several images that read them are kept, and may be given to another", async () => {
    const { begin: remove, url } = await removing();
    const [second, third] = [await givenImage(), await givenImage()];
    expect(await adding(second, url)).toEqual({ ok: true });
    await remove();
    expect(await adding(third, url)).toEqual({ ok: true });
    vi.restoreAllMocks();
  });

  test("may be taken from an image and given back to it in one change", async () => {
    const { id, url } = await removing();
    const row = await env.DB.prepare("SELECT id FROM image_locations WHERE image_id = ?")
      .bind(id)
      .first("id");
    const answer = await coordinatorOf(env, id).changeLocations(
      { status: "active", generation: 2 },
      { locations: { remove: [Number(row)], add: [{ url, store: "file", metadata: { store: "file" } }] } },
    );
    expect(answer).toEqual({ ok: true });
    vi.restoreAllMocks();
    await runDurableObjectAlarm(coordinatorOf(env, id));
    expect(await locationRows(id)).toEqual([{ url, status: "active" }]);
    expect(await holds(id)).toBe(true);
  });
});

test("an alarm beside a removal that takes its time comes back later, and not at once", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await written(key);
  await stub.abort(lease);
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  vi.spyOn(MemoryStore.prototype, "delete").mockImplementationOnce(async () => {
    asked.resolve();
    await answered.promise;
  });
  await runInDurableObject(stub, async (object, { storage }) => {
    // As an alarm that begins is no longer set.
    await storage.deleteAlarm();
    const running = object.alarm();
    await asked.promise;
    const now = Date.now();
    await object.alarm();
    expect(await storage.getAlarm()).toBeGreaterThan(now + 1_000);
    answered.resolve();
    await running;
  });
});

test("an alarm that runs twice does nothing the second time", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { key } = await begun(stub);
  await written(key);
  await later(stub, config.transfers.leaseSeconds + 1);
  const once = await imageRow(id);
  await runInDurableObject(stub, (object: ImageCoordinator) => object.alarm());
  expect(await imageRow(id)).toEqual(once);
});

test.each(["before", "after"])(
  "an object that ends %s the D1 batch of a completion finishes it by its alarm",
  async (when) => {
    const id = await givenImage();
    const stub = coordinatorOf(env, id);
    const { lease, key } = await begun(stub);
    const report = await written(key);
    const data = { ...report, lease: undefined };
    await runInDurableObject(stub, (_: ImageCoordinator, state) => {
      const intent = {
        imageId: id,
        event: "finishUpload",
        from: "saving",
        to: "active",
        generation: 1,
        at: 1,
        data,
      };
      state.storage.sql.exec("INSERT INTO intent VALUES (1, ?)", JSON.stringify(intent));
    });
    if (when === "after")
      await env.DB.batch([
        env.DB.prepare("UPDATE images SET status = 'active', generation = 2, size = 5 WHERE id = ?").bind(id),
        env.DB.prepare(
          "INSERT INTO image_locations (image_id, url, store, created_at) VALUES (?, ?, 'file', 1)",
        ).bind(id, report.location),
      ]);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect(await imageRow(id)).toMatchObject({ status: "active", generation: 2, size: 5 });
    expect(await locationRows(id)).toHaveLength(1);
    expect(await stub.complete(lease, report)).toEqual({ ok: true });
    expect(await holds(key)).toBe(true);
  },
);

test("an upload that was cut off just after it began is given up by the first alarm", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  await begun(stub);
  await runInDurableObject(stub, (_: ImageCoordinator, state) => {
    const intent = { imageId: id, event: "beginUpload", from: "queued", to: "saving", generation: 0, at: 1 };
    state.storage.sql.exec("INSERT INTO intent VALUES (1, ?)", JSON.stringify(intent));
  });
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  expect(await imageRow(id)).toMatchObject({ status: "queued" });
});

test("the sweep has the alarm remove what it finds, and waits for no store", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await stub.complete(lease, await written(key));
  // As it is when the object has forgotten it.
  await env.DB.prepare("UPDATE image_locations SET status = 'pending_delete' WHERE image_id = ?")
    .bind(id)
    .run();
  const asked = vi.spyOn(MemoryStore.prototype, "delete");
  await runInDurableObject(stub, async (object) => {
    await object.settle();
    expect(asked).not.toHaveBeenCalled();
  });
  await runDurableObjectAlarm(stub);
  asked.mockRestore();
  expect(await holds(key)).toBe(false);
});

test("the sweep settles an image whose object forgot it", async () => {
  const id = await givenImage({ status: "saving" });
  await coordinatorOf(env, id).settle();
  expect(await imageRow(id)).toMatchObject({ status: "queued" });
});

describe("when D1 was taken back to a time before an upload began", () => {
  const TAKEN_BACK = [
    ["made", "DELETE FROM images WHERE id = ?"],
    ["queued", "UPDATE images SET status = 'queued', size = NULL, generation = 0 WHERE id = ?"],
  ] as const;

  test.each(TAKEN_BACK)(
    "and its image was not yet %s, it ends with its lease, and its bytes go",
    async (_name, sql) => {
      const id = await givenImage();
      const stub = coordinatorOf(env, id);
      const { lease, key } = await begun(stub);
      await written(key);
      await env.DB.prepare(sql).bind(id).run();
      await later(stub, config.transfers.leaseSeconds + 1);
      expect(await holds(key)).toBe(false);
      expect(await stub.heartbeat(lease)).toMatchObject({ ok: false });
      // An alarm was set for the bytes as they were queued. What is left is to look once more for what comes late.
      await runDurableObjectAlarm(stub);
      await runInDurableObject(stub, async (_: ImageCoordinator, { storage }) =>
        expect(await storage.getAlarm()).toBeGreaterThan(Date.now() + 1000),
      );
      await later(stub, config.transfers.lateWriterSeconds + 1);
      await runInDurableObject(stub, async (_: ImageCoordinator, { storage }) =>
        expect(await storage.getAlarm()).toBeNull(),
      );
    },
  );

  test("a new upload takes a key of its own, and the bytes of the old one go", async () => {
    const id = await givenImage();
    const stub = coordinatorOf(env, id);
    const old = await begun(stub);
    await written(old.key);
    await env.DB.prepare(TAKEN_BACK[1][1]).bind(id).run();
    vi.setSystemTime(Date.now() + (config.transfers.leaseSeconds + 1) * 1000);
    const { lease, key } = await begun(stub);
    expect(await stub.complete(lease, await written(key))).toEqual({ ok: true });
    await runDurableObjectAlarm(stub);
    expect([await holds(old.key), await holds(key)]).toEqual([false, true]);
  });
});

test("an object of a deleted image forgets everything once its bytes are gone", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const { lease, key } = await begun(stub);
  await stub.complete(lease, await written(key));
  await stub.delete({ status: "active", generation: 2 });
  await runDurableObjectAlarm(stub);
  await runInDurableObject(stub, async (_: ImageCoordinator, state) => {
    const tables = "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'";
    expect(state.storage.sql.exec(tables).toArray()).toEqual([]);
    expect(await state.storage.getAlarm()).toBeNull();
  });
});
