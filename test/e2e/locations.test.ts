import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PatchOperation } from "../../client/images.ts";
import type { LocationCreate } from "../../client/locations.ts";
import { imageTasks } from "../../client/tasks.ts";
import { Checkpoints } from "./support/checkpoints.ts";
import { unlessNotDescribed } from "./support/held.ts";
import {
  createImage,
  download,
  eventually,
  filesIn,
  md5,
  patch,
  remove,
  sha512,
  show,
  showStatus,
  someBytes,
  upload,
} from "./support/images.ts";
import { Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";
import { FILES_AND_WEB, serving, type WebServer } from "./support/web-server.ts";

const MiB = 1024 * 1024;
const DISK = someBytes(6 * MiB);

let checkpoints: Checkpoints;
let service: Service;
let web: WebServer;

beforeAll(async () => {
  web = await serving(DISK);
  checkpoints = await Checkpoints.listen();
  service = await Service.start({
    checkpointUrl: checkpoints.url,
    settings: {
      stores: FILES_AND_WEB,
      locations: { slice_bytes: MiB, run_seconds: 0, show_multiple_locations: true },
    },
  });
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  checkpoints?.close();
  web?.[Symbol.dispose]();
});

async function addLocation(id: string, more: Partial<LocationCreate> = {}): Promise<number> {
  const { api } = await service.client();
  const params = { path: { image_id: id } };
  const body = { url: web.url, ...more };
  return (await api.POST("/v2/images/{image_id}/locations", { params, body })).response.status;
}

const addsLocation = (): PatchOperation => ({
  op: "add",
  path: "/locations/-",
  value: { url: web.url, metadata: {} },
});

const taskStatus = async (id: string): Promise<string> => {
  const [task] = await imageTasks(await service.client(), id);
  return task?.status ?? "none";
};

const validation = (): Partial<LocationCreate> => ({
  validation_data: { os_hash_algo: "sha256", os_hash_value: createHash("sha256").update(DISK).digest("hex") },
});

test.each(["worker", "launcher"] as const)(
  "a %s that is killed between two slices has lost nothing: the hash goes on where it was",
  async (program) => {
    web.asked.length = 0;
    const id = await createImage(service);
    const killed = new Promise<void>((resolve) =>
      checkpoints.once("after-slice", async () => {
        await service.kill(program);
        resolve();
        return new Promise((release) => setTimeout(release, 500));
      }),
    );
    expect(await addLocation(id, validation())).toBe(202);
    await killed;
    if (program === "launcher") await service.restart();
    await eventually("the image is active", async () => (await show(service, id)).status === "active", 40);
    await expectShown(service, id, { size: DISK.byteLength, checksum: md5(DISK) });
    expect(await taskStatus(id)).toBe("success");
    const begun = web.asked.filter(({ method }) => method === "GET").map(({ range }) => range);
    expect(begun.filter((range) => range === "bytes=0-")).toHaveLength(1);
    expect(md5((await download(service, id)).bytes)).toBe(md5(DISK));
  },
);

test("a hash in the background is that of the bytes", async () => {
  const id = await createImage(service);
  expect(await addLocation(id)).toBe(202);
  await eventually("the task ends", async () => (await taskStatus(id)) === "success", 40);
  await expectShown(service, id, { status: "active", os_hash_value: sha512(DISK) });
});

test("deleting while the hash is worked out ends it", async () => {
  const id = await createImage(service);
  const reached = new Promise<void>((resolve) => checkpoints.once("after-slice", () => resolve()));
  expect(await addLocation(id, validation())).toBe(202);
  await reached;
  await remove(service, id);
  expect(await showStatus(service, id)).toBe(404);
  const before = web.asked.length;
  await eventually("nobody reads any more", async () => {
    const seen = web.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return web.asked.length === seen;
  });
  expect(web.asked.length - before).toBeLessThan(4);
});

test("one store's copy goes with its file, and the image is read from the other", async () => {
  const id = await createImage(service);
  expect(await upload(service, id, DISK)).toBe(204);
  expect(await patch(service, id, [addsLocation()])).toBe(200);
  const { api } = await service.client();
  const params = { path: { store_id: "file", image_id: id } };
  await api.DELETE("/v2/stores/{store_id}/{image_id}", { params });
  await eventually("its file is gone", () => !filesIn(service).some((name) => name.startsWith(id)));
  expect(md5((await download(service, id)).bytes)).toBe(md5(DISK));
});

test.each(["before-batch:addLocation", "after-batch:addLocation"])(
  "a worker that is killed %s has written all of a patch, metadata and location, or none of it",
  async (point) => {
    const id = await createImage(service, { name: "old" });
    const killed = new Promise<void>((resolve) =>
      checkpoints.once(point, async () => {
        const { status, name } = await show(service, id);
        expect({ status, name }).toEqual(
          point.startsWith("before") ? { status: "queued", name: "old" } : { status: "active", name: "new" },
        );
        await service.kill("worker");
        resolve();
        return new Promise((release) => setTimeout(release, 500));
      }),
    );
    const outcome = patch(service, id, [{ op: "replace", path: "/name", value: "new" }, addsLocation()]);
    await killed;
    await outcome.catch(unlessNotDescribed);
    await eventually("the image is active", async () => (await show(service, id)).status === "active", 40);
    await expectShown(service, id, { status: "active", name: "new", size: DISK.byteLength });
  },
);
