import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, ask, created, member, type Persona, patched } from "../../test/support/catalogue.ts";
import { keysOf, putData, unannounced } from "../../test/support/image-data.ts";
import { imageRow } from "../../test/support/images.ts";
import { bytesOf, heldStream } from "../../test/support/streams.ts";
import { countedUsage, recountedUsage, usageOf } from "../../test/support/usage.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";

const MiB = 1024 * 1024;
const ABSENT = "7f3c0000-0000-4000-8000-000000000000";

const newImage = async (as: Persona): Promise<string> =>
  (await created({ disk_format: "raw", container_format: "bare" }, as)).id;

const put = (
  id: string,
  as: Persona,
  QUOTAS: unknown,
  body: BodyInit | null,
  headers: Record<string, string> = {},
) => putData(id, { as, body, headers, env: { QUOTAS } });

const chunked = (size: number) => unannounced(new Blob([bytesOf(size)]).stream());

const bytesUsed = async (project: string) => {
  const { bytes, reserved_bytes, uploading } = await usageOf(project);
  return { bytes, reserved_bytes, uploading };
};

async function expectRefused(id: string): Promise<void> {
  await runDurableObjectAlarm(coordinatorOf(env, id));
  expect(await imageRow(id)).toMatchObject({ status: "queued", size: null });
  expect(await keysOf(id)).toEqual([]);
}

describe.each(["file", "r2"])("a quota of bytes, of images in the store %s,", (store) => {
  const headers = { "x-image-meta-store": store };
  const announced = { ...headers, "content-length": "6" };

  test("takes what fits to the byte, and refuses the next byte", async () => {
    const as = member(`fits-${store}`);
    const quotas = { userStorageQuota: 10 };
    const [first, second, third] = [await newImage(as), await newImage(as), await newImage(as)];
    expect(await put(first, as, quotas, "123456", announced)).toBe(204);
    expect(await put(second, as, quotas, "123456", announced)).toBe(413);
    await expectRefused(second);
    expect(await put(second, as, quotas, unannounced("1234"), headers)).toBe(204);
    expect(await put(third, as, quotas, unannounced("1"), headers)).toBe(413);
    await expectRefused(third);
    expect(await put(third, as, quotas, null, headers)).toBe(204);
    expect(await bytesUsed(as.projectId)).toEqual({ bytes: 10, reserved_bytes: 0, uploading: 0 });
  });

  test("stops an upload of unknown length where it is met, and what did not arrive is returned", async () => {
    const as = member(`stops-${store}`);
    const id = await newImage(as);
    expect(await put(id, as, { userStorageQuota: 3 * MiB }, chunked(3 * MiB + 1), headers)).toBe(413);
    expect(await bytesUsed(as.projectId)).toEqual({ bytes: 0, reserved_bytes: 0, uploading: 0 });
    await expectRefused(id);
    expect(await put(id, as, { userStorageQuota: 3 * MiB }, chunked(3 * MiB), headers)).toBe(204);
    expect(await bytesUsed(as.projectId)).toEqual({ bytes: 3 * MiB, reserved_bytes: 0, uploading: 0 });
  });

  test("is not exceeded by uploads of unknown length at the same time", async () => {
    const as = member(`crowd-${store}`);
    const ids = await Promise.all(Array.from({ length: 8 }, () => newImage(as)));
    const statuses = await Promise.all(
      ids.map((id) => put(id, as, { userStorageQuota: 10 * MiB }, chunked(2 * MiB), headers)),
    );
    const active = statuses.filter((status) => status === 204).length;
    expect(statuses.filter((status) => status === 413)).toHaveLength(8 - active);
    expect(active).toBeGreaterThan(0);
    expect(active).toBeLessThanOrEqual(5);
    expect(await bytesUsed(as.projectId)).toEqual({
      bytes: active * 2 * MiB,
      reserved_bytes: 0,
      uploading: 0,
    });
  });
});

test("an upload that says its length has all of it reserved before a byte moves, and another waits for none", async () => {
  const as = member("announced");
  const quotas = { userStorageQuota: 10 };
  const [first, second] = [await newImage(as), await newImage(as)];
  const held = heldStream(bytesOf(3), bytesOf(3));
  const size = { "x-openstack-image-size": "6" };
  const running = put(first, as, quotas, unannounced(held.body), size);
  await held.reached;
  expect(await bytesUsed("announced")).toEqual({ bytes: 0, reserved_bytes: 6, uploading: 1 });
  expect(await put(second, as, quotas, "12345", { "content-length": "5" })).toBe(413);
  held.resume();
  expect(await running).toBe(204);
  expect(await bytesUsed("announced")).toEqual({ bytes: 6, reserved_bytes: 0, uploading: 0 });
});

test("an upload of unknown length reserves 64 MiB, near the limit an eighth of what is left, and nothing without one", async () => {
  for (const [project, quotas, reserved] of [
    ["first-step", { imageSizeTotal: 10_000 }, 64 * MiB],
    ["an-eighth", { userStorageQuota: 80 * MiB }, 10 * MiB],
    ["a-rest", { userStorageQuota: 5 }, 5],
    ["no-limit", { imageCountTotal: 5 }, 0],
  ] as const) {
    const as = member(project);
    const held = heldStream(bytesOf(1), bytesOf(1));
    const running = put(await newImage(as), as, quotas, unannounced(held.body));
    await expect.poll(async () => (await usageOf(project)).uploading).toBe(1);
    expect(await usageOf(project), project).toMatchObject({ reserved_bytes: reserved });
    held.resume();
    expect(await running).toBe(204);
  }
});

test("a limit in MiB is met by the next whole one", async () => {
  const as = member("whole");
  const quotas = { imageSizeTotal: 1 };
  const [first, second] = [await newImage(as), await newImage(as)];
  expect(await put(first, as, quotas, bytesOf(2 * MiB - 1))).toBe(204);
  expect(await put(second, as, quotas, "1")).toBe(413);
  expect(await put(second, as, quotas, unannounced("1"))).toBe(413);
});

describe("the order of refusals", () => {
  const full = { imageSizeTotal: 0, imageCountUploading: 0 };
  const large = { "x-openstack-image-size": String(2 * MiB) };

  test("the total size comes before the store and the image, the media type before it", async () => {
    const as = member("order");
    expect(await put(ABSENT, as, full, "x", large)).toBe(413);
    expect(await put(ABSENT, as, full, "x", { ...large, "x-image-meta-store": "nope" })).toBe(413);
    expect(await put(ABSENT, as, full, "x", { ...large, "content-type": "text/plain" })).toBe(415);
    expect(await put(ABSENT, as, full, "x")).toBe(404);
    expect(await put(ABSENT, admin(), full, "x", large)).toBe(404);
  });

  test("the number of uploads comes after status and formats", async () => {
    const as = member("order");
    const { id } = await created({}, as);
    expect(await put(id, as, full, "x")).toBe(400);
    const active = await newImage(as);
    expect(await put(active, as, undefined, "x")).toBe(204);
    expect(await put(active, as, full, "x")).toBe(409);
    const queued = await newImage(as);
    expect(await put(queued, as, full, "x")).toBe(413);
    await expectRefused(queued);
  });
});

test("so many uploads as are allowed run at a time, and one that has ended makes room", async () => {
  const as = member("running");
  const quotas = { imageCountUploading: 1 };
  const [first, second] = [await newImage(as), await newImage(as)];
  const held = heldStream(bytesOf(1), bytesOf(1));
  const running = put(first, as, quotas, unannounced(held.body));
  await held.reached;
  expect(await put(second, as, quotas, "x")).toBe(413);
  held.resume();
  expect(await running).toBe(204);
  expect(await put(second, as, quotas, "x")).toBe(204);
});

describe("an upload that is lost", () => {
  const begin = (id: string, size?: number) =>
    coordinatorOf(env, id).beginUpload({
      store: "file",
      seen: { status: "queued", generation: 0 },
      reserve: {
        most: { images: null, uploading: null, bytes: 100 },
        step: 64,
        ...(size === undefined ? {} : { size }),
      },
    });

  const lose = async (id: string) => {
    await runInDurableObject(coordinatorOf(env, id), (_, { storage }) => {
      storage.sql.exec("UPDATE transfer SET expires_at = 1");
    });
    await runDurableObjectAlarm(coordinatorOf(env, id));
  };

  test("gives its reservation back with the end of its lease", async () => {
    const id = await newImage(member("lost"));
    expect(await begin(id, 90)).toMatchObject({ ok: true, grantedBytes: 90 });
    expect(await bytesUsed("lost")).toMatchObject({ reserved_bytes: 90, uploading: 1 });
    await lose(id);
    expect(await bytesUsed("lost")).toEqual({ bytes: 0, reserved_bytes: 0, uploading: 0 });
  });

  test("has no more of the quota, however late it asks", async () => {
    const id = await newImage(member("late"));
    const granted = await begin(id);
    if (!granted.ok) throw new Error(granted.message);
    await lose(id);
    const wanted = { bytes: 99, mostBytes: 100 };
    expect(await coordinatorOf(env, id).extend(granted.lease, wanted)).toMatchObject({ kind: "conflict" });
    expect(await bytesUsed("late")).toMatchObject({ reserved_bytes: 0 });
    await begin(id, 1);
    expect(await coordinatorOf(env, id).extend(granted.lease, wanted)).toMatchObject({ kind: "conflict" });
    expect(await bytesUsed("late")).toMatchObject({ reserved_bytes: 1 });
  });

  test("is given up with a delete of its image, which gives everything back", async () => {
    const as = member("deleted");
    const id = await newImage(as);
    await begin(id, 90);
    expect((await ask("DELETE", `/v2/images/${id}`, { as })).status).toBe(204);
    expect(await usageOf("deleted")).toMatchObject({ images: 0, uploading: 0, reserved_bytes: 0 });
  });

  test("was charged to whom the image belongs to by then", async () => {
    const id = await newImage(member("before"));
    await begin(id, 90);
    await patched(id, [{ op: "replace", path: "/owner", value: "after" }], { as: admin() });
    expect([await usageOf("before"), await usageOf("after")]).toMatchObject([
      { uploading: 0, reserved_bytes: 0 },
      { uploading: 1, reserved_bytes: 90 },
    ]);
    await lose(id);
    expect(await usageOf("after")).toMatchObject({ images: 1, uploading: 0, reserved_bytes: 0 });
  });
});

test("a writer that wrote more than it was granted gets none of it kept", async () => {
  const id = await newImage(member("liar"));
  const coordinator = coordinatorOf(env, id);
  const granted = await coordinator.beginUpload({
    store: "file",
    seen: { status: "queued", generation: 0 },
    reserve: { most: { images: null, uploading: null, bytes: 5 }, step: 64 },
  });
  if (!granted.ok) throw new Error(granted.message);
  const written = {
    location: granted.location,
    store: "file",
    size: 6,
    checksum: "0".repeat(32),
    hashAlgo: "sha512" as const,
    hashValue: "0".repeat(128),
  };
  expect(await coordinator.complete(granted.lease, written)).toMatchObject({ ok: false, kind: "tooLarge" });
  await expectRefused(id);
});

test("after all of this the counters are what a recount finds", async () => {
  expect(await countedUsage()).toEqual(await recountedUsage());
});
