import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { digestsOf } from "../../test/support/digests.ts";
import { answered } from "../../test/support/http-origin.ts";
import { givenImage, imageRow, locationRows } from "../../test/support/images.ts";
import { bytesOf } from "../../test/support/streams.ts";
import { aWebServer, taskEnds } from "../../test/support/web-server.ts";
import { insertTask } from "../db/tasks.ts";
import type { Transition } from "../db/transitions.ts";
import { configOf } from "../env.ts";
import { logFrom } from "../http/log.ts";
import { openStores } from "../stores/open.ts";
import { coordinatorOf } from "./coordinator-of.ts";
import type { ImageCoordinator } from "./image-coordinator.ts";
import { ImportLedger, type WantedLocation } from "./import-ledger.ts";
import { Ledger } from "./ledger.ts";
import { LocationImports } from "./location-imports.ts";

const MiB = 1024 * 1024;
const SIZE = 2 * MiB + 5;
const web = aWebServer();
const sha512 = async (size = SIZE) => (await digestsOf(bytesOf(size), "sha512")).hashValue;

const wanted = (id: string, url: string, value?: string): WantedLocation => ({
  url,
  ...(value === undefined ? {} : { claimed: { algo: "sha512", value } }),
  task: {
    ...{ id: crypto.randomUUID(), type: "location_import", owner: "p1", imageId: id },
    ...{ requestId: null, userId: "u", createdAt: Date.now() * 1000, input: {} },
  },
});

async function begun(url: string, value?: string) {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const want = wanted(id, url, value);
  expect(await stub.importLocation(want)).toEqual({ ok: true });
  return { id, stub, task: want.task.id };
}

const rowOf = async (id: string) => (await imageRow(id)) as unknown as Record<string, unknown>;
const messageOf = (task: string) =>
  env.DB.prepare("SELECT message FROM task_info WHERE task_id = ?").bind(task).first<string>("message");
const statusOf = (task: string) =>
  env.DB.prepare("SELECT status FROM tasks WHERE id = ?").bind(task).first<string>("status");

/** Where each reading of the URL began. */
const readingsOf = (url: string) =>
  web.origin.asked
    .filter((asked) => asked.url === url && asked.method === "GET")
    .map(({ headers }) => Number(/\d+/.exec(headers.get("range") ?? "")?.[0]));

/**
 * An answer that stops before the first slice is whole, until the test lets it go on. Flags, and no promises: an object
 * may not be woken by what happens outside of it.
 */
function heldInASlice(url: string) {
  const bytes = bytesOf(SIZE);
  const held = { reached: false, goesOn: false, cancelled: false };
  let pulls = 0;
  const body = () =>
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (pulls++ === 0) return controller.enqueue(bytes.slice(0, 1000));
          held.reached = true;
          while (!held.goesOn && !held.cancelled) await scheduler.wait(5);
          controller.enqueue(bytes.slice(1000));
          controller.close();
        },
        cancel: () => {
          held.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  web.origin.answers.set(url, (request) => {
    if (request.method === "HEAD") return new Response(null, { headers: { "content-length": String(SIZE) } });
    web.origin.answers.delete(url);
    const headers = { "content-range": `bytes 0-${SIZE - 1}/${SIZE}`, etag: `"${SIZE}"` };
    return new Response(body(), { status: 206, headers });
  });
  return {
    reached: () => vi.waitFor(() => expect(held.reached).toBe(true), { timeout: 10_000 }),
    resume: () => {
      held.goesOn = true;
    },
    cancelled: () => vi.waitFor(() => expect(held.cancelled).toBe(true), { timeout: 10_000 }),
  };
}

afterEach(() => void vi.useRealTimers());

test("hashing goes on where it was when the object is evicted between slices, and reads nothing twice", async () => {
  const url = web.keep(SIZE);
  const { id, stub, task } = await begun(url, await sha512());
  for (let alarm = 0; (await statusOf(task)) !== "success"; alarm++) {
    if (alarm > 20) throw new Error("it does not end");
    await runDurableObjectAlarm(stub);
    await evictDurableObject(stub);
  }
  expect(await rowOf(id)).toMatchObject({ status: "active", size: SIZE, os_hash_value: await sha512() });
  const readings = readingsOf(url);
  expect(readings.length).toBeGreaterThan(1);
  expect(readings).toEqual([...new Set(readings)].sort((a, b) => a - b));
});

test("a location is added to what the catalogue was restored to, whatever its object did since", async () => {
  const id = await givenImage();
  const stub = coordinatorOf(env, id);
  const granted = await stub.beginUpload({ store: "file", seen: { status: "queued", generation: 0 } });
  if (!granted.ok) throw new Error(granted.message);
  const url = web.keep(SIZE);
  const data = {
    location: granted.location,
    store: "file",
    size: 1,
    checksum: "",
    hashAlgo: "sha512" as const,
    hashValue: "",
  };
  expect(await stub.complete(granted.lease, data)).toEqual({ ok: true });
  await env.DB.batch([
    env.DB.prepare("DELETE FROM image_locations WHERE image_id = ?").bind(id),
    env.DB.prepare("UPDATE images SET status = 'queued', generation = 0 WHERE id = ?").bind(id),
  ]);
  const want = wanted(id, url);
  expect(await stub.importLocation(want)).toEqual({ ok: true });
  expect(await taskEnds(id)).toBe("success");
  expect((await rowOf(id)).status).toBe("active");
});

test("two alarms at once hash once", async () => {
  const url = web.keep(SIZE);
  const { id, stub } = await begun(url);
  await runInDurableObject(stub, (object: ImageCoordinator) => Promise.all([object.alarm(), object.alarm()]));
  expect(await taskEnds(id)).toBe("success");
  expect(await rowOf(id)).toMatchObject({ status: "active", os_hash_value: await sha512() });
  expect(await locationRows(id)).toHaveLength(1);
});

test("whoever is overtaken has nothing to say any more", async () => {
  const { stub } = await begun(web.keep(SIZE));
  await runInDurableObject(stub, (_: ImageCoordinator, state) => {
    const ledger = new ImportLedger(state.storage.sql);
    const read = ledger.job();
    if (!read) throw new Error("there is no job");
    expect(ledger.advance(read, { failures: 1 })).toMatchObject({ failures: 1 });
    expect(ledger.advance(read, { failures: 7 })).toBeUndefined();
    expect(ledger.job()).toMatchObject({ failures: 1 });
  });
});

test("while the hash is worked out the image is active and tells the algorithm alone", async () => {
  const url = web.keep(SIZE);
  const held = heldInASlice(url);
  const { id, task } = await begun(url);
  await held.reached();
  expect(await rowOf(id)).toMatchObject({
    ...{ status: "active", size: SIZE, os_hash_algo: "sha512", os_hash_value: null, checksum: null },
  });
  expect(await statusOf(task)).toBe("processing");
  held.resume();
  expect(await taskEnds(id)).toBe("success");
  const { checksum, hashValue } = await digestsOf(bytesOf(SIZE), "sha512");
  expect(await rowOf(id)).toMatchObject({ checksum, os_hash_value: hashValue });
});

test.each([
  ["importing", true],
  ["active", false],
])("deleting an image that is %s ends the hashing and leaves nothing", async (status, claims) => {
  const url = web.keep(SIZE);
  const held = heldInASlice(url);
  const { id, stub, task } = await begun(url, claims ? await sha512() : undefined);
  await held.reached();
  const { generation, status: now } = await imageRow(id);
  expect(now).toBe(status);
  expect(await stub.delete({ status: now, generation })).toEqual({ ok: true });
  await held.cancelled();
  expect(await rowOf(id)).toMatchObject({ status: "deleted" });
  expect(await statusOf(task)).toBe("failure");
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(stub);
    expect(await locationRows(id)).toEqual([]);
  });
  await runInDurableObject(stub, (_: ImageCoordinator, state) =>
    expect(new ImportLedger(state.storage.sql).job()).toBeUndefined(),
  );
});

test("an image that is deactivated meanwhile still gets its hash", async () => {
  const url = web.keep(SIZE);
  const held = heldInASlice(url);
  const { id, stub } = await begun(url);
  await held.reached();
  expect(await stub.setActive("deactivate", await imageRow(id))).toEqual({ ok: true });
  held.resume();
  expect(await taskEnds(id)).toBe("success");
  expect(await rowOf(id)).toMatchObject({ status: "deactivated", os_hash_value: await sha512() });
});

describe("data that change while they are read", () => {
  const changing = () => {
    const url = web.keep(SIZE);
    const bytes = bytesOf(SIZE);
    web.origin.answers.set(url, (request) => {
      if (request.method === "HEAD")
        return new Response(null, { headers: { "content-length": String(SIZE) } });
      const start = Number(/\d+/.exec(request.headers.get("range") ?? "")?.[0]);
      return answered(bytes.slice(start), 206, {
        ...{ etag: `"${start}"`, "content-range": `bytes ${start}-${SIZE - 1}/${SIZE}` },
      });
    });
    return url;
  };

  test("leave an image that is to be verified queued, without a location", async () => {
    const { id, task } = await begun(changing(), await sha512());
    expect(await taskEnds(id)).toBe("failure");
    expect(await messageOf(task)).toContain("changed");
    expect(await rowOf(id)).toMatchObject({ status: "queued", size: null, os_hash_algo: null });
    expect(await locationRows(id)).toEqual([]);
  });

  test("leave an image that is active already so, without a hash", async () => {
    const { id } = await begun(changing());
    expect(await taskEnds(id)).toBe("failure");
    expect(await rowOf(id)).toMatchObject({
      status: "active",
      size: SIZE,
      os_hash_value: null,
      checksum: null,
    });
  });
});

describe("a server that is away", () => {
  const away = (url: string) => web.origin.answers.set(url, () => new Response(null, { status: 503 }));

  test("is asked again, later and later, until it is back", async () => {
    const url = web.keep(SIZE);
    away(url);
    const { id, stub, task } = await begun(url, await sha512());
    await vi.waitFor(() => expect(web.origin.asked.some((asked) => asked.url === url)).toBe(true));
    await vi.waitFor(async () => expect(await failuresOf(stub)).toBe(1));
    web.origin.answers.delete(url);
    vi.setSystemTime(Date.now() + 3000);
    expect(await taskEnds(id)).toBe("success");
    expect(await statusOf(task)).toBe("success");
  });

  test("for too long fails the task, and the image stays queued", async () => {
    const url = web.keep(SIZE);
    away(url);
    const { id, stub, task } = await begun(url, await sha512());
    for (let failures = 1; failures <= 2; failures++) {
      await vi.waitFor(async () => {
        await runDurableObjectAlarm(stub);
        expect(await failuresOf(stub)).toBe(failures);
      });
      vi.setSystemTime(Date.now() + 10_000);
    }
    expect(await taskEnds(id)).toBe("failure");
    expect(await messageOf(task)).toContain("cannot be reached");
    expect(await rowOf(id)).toMatchObject({ status: "queued" });
  });

  const failuresOf = (stub: ReturnType<typeof coordinatorOf>) =>
    runInDurableObject(
      stub,
      (_: ImageCoordinator, state) => new ImportLedger(state.storage.sql).job()?.failures,
    );
});

describe("an object that ends around the D1 batch", () => {
  const HASH = { checksum: "c".repeat(32), os_hash_algo: "sha512", os_hash_value: "a".repeat(128) };
  const endOf = (id: string) => ({ id, status: "success" as const });

  test.each(["before", "after"])(
    "%s it, of a verification, finishes it when it is next asked",
    async (when) => {
      const id = await givenImage({ status: "importing" });
      const stub = coordinatorOf(env, id);
      const want = wanted(id, "https://images.example.org/never-asked", HASH.os_hash_value);
      await insertTask(env.DB, want.task);
      await runInDurableObject(stub, (_: ImageCoordinator, state) => {
        const later = Date.now() + 3_600_000;
        new ImportLedger(state.storage.sql).begin({ ...want, phase: "hash", dueAt: later, failures: 0 });
        const intent = {
          ...{ imageId: id, event: "finishImport", from: "importing", to: "active", generation: 0, at: 1 },
          ...{ columns: HASH, task: endOf(want.task.id) },
        };
        new Ledger(state.storage.sql).intend(intent as Transition);
      });
      if (when === "after")
        await env.DB.batch([
          env.DB.prepare("UPDATE images SET status = 'active', generation = 1 WHERE id = ?").bind(id),
          env.DB.prepare("UPDATE tasks SET status = 'success' WHERE id = ?").bind(want.task.id),
        ]);
      await evictDurableObject(stub);
      await stub.settle();
      expect(await rowOf(id)).toMatchObject({ status: "active", generation: 1 });
      expect(await statusOf(want.task.id)).toBe("success");
      await runInDurableObject(stub, (_: ImageCoordinator, state) =>
        expect(new ImportLedger(state.storage.sql).job()).toBeUndefined(),
      );
    },
  );

  test("that record a location knows by its alarm that it has", async () => {
    const url = web.keep(9);
    web.origin.answers.set(url, () => new Promise(() => {}));
    const { id, stub, task } = await begun(url);
    await runInDurableObject(stub, (_: ImageCoordinator, state) => {
      const ledger = new ImportLedger(state.storage.sql);
      const job = ledger.job();
      if (job) ledger.advance(job, { hashing: { store: "web", size: 9, algo: "sha512", done: 0 } });
      const intent = {
        ...{ imageId: id, event: "addLocation", from: "queued", to: "active", generation: 0, at: 1 },
        ...{ columns: { size: 9, os_hash_algo: "sha512" }, task: { id: task, status: "processing" } },
        locations: { add: [{ url, store: "web", metadata: { store: "web" } }] },
      };
      new Ledger(state.storage.sql).intend(intent as Transition);
    });
    web.origin.answers.delete(url);
    await evictDurableObject(stub);
    expect(await taskEnds(id)).toBe("success");
    expect(await rowOf(id)).toMatchObject({ status: "active", os_hash_value: await sha512(9) });
    expect(await locationRows(id)).toHaveLength(1);
  });
});

describe("where hashing is off", () => {
  /** What the image is told, with the worker's settings but for that. */
  async function toldOf(value: string | undefined) {
    const url = web.keep(9);
    const id = await givenImage();
    const configured = configOf(env);
    if (!configured.ok) throw new Error(configured.problems.join());
    const config = {
      ...configured.config,
      locations: { ...configured.config.locations, doSecureHash: false },
    };
    const told: { event: string; fields: unknown }[] = [];
    const log = logFrom("error");
    await runInDurableObject(coordinatorOf(env, id), async (_: ImageCoordinator, state) => {
      const imports = new LocationImports({
        ...{ imageId: id, db: env.DB, log, config, stores: openStores(config, env) },
        ledger: new ImportLedger(state.storage.sql),
        checkpoint: async () => undefined,
        move: async (event, fields) => {
          told.push({ event, fields });
          return undefined;
        },
      });
      await imports.begin(wanted(id, url, value));
      await imports.runDue();
    });
    return { told, url };
  }

  test("a hash that is given is taken at its word, and the task has ended", async () => {
    const { told, url } = await toldOf("a".repeat(128));
    const add = [{ url, store: "web", metadata: { store: "web" } }];
    expect(told[0]).toMatchObject({
      event: "addLocation",
      fields: {
        ...{ locations: { add }, task: { status: "success" } },
        columns: { size: 9, os_hash_algo: "sha512", os_hash_value: "a".repeat(128) },
      },
    });
  });

  test("without one the image has none", async () => {
    const { told } = await toldOf(undefined);
    expect(told[0]).toMatchObject({ event: "addLocation", fields: { task: { status: "success" } } });
    expect(told[0]?.fields).toHaveProperty("columns", { size: 9 });
  });
});

test("the sweep ends what an object has forgotten: the image is queued, the task failed", async () => {
  const id = await givenImage({ status: "importing" });
  const task = crypto.randomUUID();
  await env.DB.prepare(
    "INSERT INTO tasks (id, type, status, owner, image_id, created_at, updated_at) VALUES (?, 'location_import', 'processing', 'p1', ?, 1, 1)",
  )
    .bind(task, id)
    .run();
  const { sweep } = await import("../actions/sweep.ts");
  await sweep(env);
  expect(await rowOf(id)).toMatchObject({ status: "queued" });
  expect(await statusOf(task)).toBe("failure");
});
