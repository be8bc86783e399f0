import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { admin, ask, member } from "../support/catalogue.ts";
import { digestsOf } from "../support/digests.ts";
import { getData, unannounced } from "../support/image-data.ts";
import { bytesOf } from "../support/streams.ts";
import { aWebServer, taskEnds } from "../support/web-server.ts";
import { Consumer } from "./caller.ts";

/** What Nova asks of an image service, call by call (spec/consumers.md section 2). */
const web = aWebServer();
const nova = new Consumer("tenant");

const BLOCK_DEVICES = JSON.stringify(
  Array.from({ length: 20 }, (_, at) => ({ boot_index: at, volume_id: crypto.randomUUID(), guest: "ü" })),
);
const SNAPSHOT = {
  name: "snap",
  visibility: "private",
  min_ram: 512,
  min_disk: 1,
  instance_uuid: "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0",
  image_type: "snapshot",
  base_image_ref: "",
  user_id: "u",
  owner_user_name: "n",
  owner_project_name: "p",
  boot_roles: "reader,member",
};

const snapshotRecord = async (fields: object = {}): Promise<string> => {
  const { body, status } = await nova.call("POST", "/v2/images", { ...SNAPSHOT, ...fields });
  expect(status).toBe(201);
  return body.id;
};
const FORMATS = [
  { op: "replace", path: "/disk_format", value: "raw" },
  { op: "replace", path: "/container_format", value: "bare" },
  { op: "add", path: "/image_state", value: "available" },
];

test("discovery tells of the calls that snapshots go by", async () => {
  const { body } = await ask("GET", "/versions");
  const ids = body.versions.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining(["v2.17", "v2.12"]));
});

test("an instance snapshot by upload: record, member, metadata, data, show", async () => {
  const id = await snapshotRecord({ visibility: "shared" });
  expect((await nova.call("POST", `/v2/images/${id}/members`, { member: "instance-owner" })).status).toBe(
    200,
  );
  expect((await nova.update(id, FORMATS)).status).toBe(200);
  expect(await nova.upload(id, unannounced("the disk"))).toBe(204);
  expect((await nova.show(id)).body).toMatchObject({
    ...{ status: "active", size: 8, disk_format: "raw", container_format: "bare", image_state: "available" },
    ...{ min_ram: 512, min_disk: 1, instance_uuid: SNAPSHOT.instance_uuid, base_image_ref: "" },
  });
});

test("an instance snapshot by location: record, metadata, location with nothing to validate, active", async () => {
  const id = await snapshotRecord();
  expect((await nova.update(id, FORMATS)).status).toBe(200);
  const url = web.keep(9);
  const answer = await nova.call("POST", `/v2/images/${id}/locations`, { url, validation_data: {} });
  expect([answer.status, answer.body]).toEqual([202, ""]);
  expect(await taskEnds(id)).toBe("success");
  const { hashValue } = await digestsOf(bytesOf(9), "sha512");
  expect((await nova.show(id)).body).toMatchObject({ status: "active", size: 9, os_hash_value: hashValue });
});

test("a place on a Ceph that there is not is forbidden, either way, and the snapshot is uploaded", async () => {
  const id = await snapshotRecord();
  await nova.update(id, FORMATS);
  const url = `rbd://fsid/images/${id}/snap`;
  const location = await nova.call("POST", `/v2/images/${id}/locations`, { url, validation_data: {} });
  expect(location.status).toBe(403);
  const legacy = { op: "add", path: "/locations/-", value: { url, metadata: {} } };
  expect((await nova.update(id, [legacy])).status).toBe(403);
  expect(await nova.upload(id, unannounced("the disk"))).toBe(204);
});

test("a snapshot of volumes is activated by an empty upload, and its block devices come back as they were", async () => {
  const id = await snapshotRecord({
    bdm_v2: "True",
    block_device_mapping: BLOCK_DEVICES,
    root_device_name: "/dev/vda",
  });
  await nova.update(id, FORMATS);
  expect(await nova.upload(id, "")).toBe(204);
  expect((await nova.show(id)).body).toMatchObject({
    ...{ status: "active", size: 0, bdm_v2: "True", root_device_name: "/dev/vda" },
    block_device_mapping: BLOCK_DEVICES,
  });
});

test("properties that Nova reads come back unchanged, whatever is in their names and values", async () => {
  const properties = {
    "trait:HW_CPU_X86_VMX": "required",
    "hw_numa_cpus.0": "0,1",
    hw_cpu_cores: "2",
    img_config_drive: "true",
    os_command_line: "console=ttyS0 ünï",
    hw_rng_model: "",
  };
  const id = await snapshotRecord(properties);
  expect((await nova.show(id)).body).toMatchObject(properties);
});

describe("booting", () => {
  const bootable = async () => {
    const id = await snapshotRecord();
    await nova.update(id, FORMATS);
    await nova.call("POST", `/v2/images/${id}/locations`, { url: web.keep(100_000) });
    expect(await taskEnds(id)).toBe("success");
    return id;
  };

  test("shows the image, asks for its places as a service, and downloads what hashes as was said", async () => {
    const id = await bootable();
    const image = (await nova.show(id)).body;
    expect(image).toMatchObject({ status: "active", os_hash_algo: "sha512" });
    const places = await nova.call("GET", `/v2/images/${id}/locations`);
    expect(places.body).toEqual([{ url: expect.stringContaining("https://"), metadata: { store: "web" } }]);
    expect(image).not.toHaveProperty("locations");
    const { hashValue } = await digestsOf(bytesOf(100_000), "sha512");
    expect(image.os_hash_value).toBe(hashValue);
    expect((await nova.download(id)).status).toBe(200);
  });

  test("tells a user without the service beside nothing of places", async () => {
    const id = await bootable();
    expect((await ask("GET", `/v2/images/${id}/locations`, { as: nova.user })).status).toBe(403);
  });

  test("from an image without data is told so by an empty answer", async () => {
    expect((await nova.download(await snapshotRecord())).status).toBe(204);
  });

  test("from an image of others, or of nobody, is told that there is none", async () => {
    const id = await snapshotRecord();
    expect((await ask("GET", `/v2/images/${id}`, { as: member("others") })).status).toBe(404);
    expect((await getData(id, { as: member("others") })).status).toBe(404);
    expect((await nova.show(crypto.randomUUID())).status).toBe(404);
  });
});

test("backups are found by their properties, in the order in which they were made", async () => {
  const instance = crypto.randomUUID();
  const backup = { image_type: "backup", backup_type: "daily", instance_uuid: instance };
  const made: string[] = [];
  for (let n = 0; n < 3; n++) made.push(await snapshotRecord(backup));
  await snapshotRecord({ ...backup, backup_type: "weekly" });
  const query = `image_type=backup&backup_type=daily&instance_uuid=${instance}&sort_key=created_at&sort_dir=desc`;
  const { body } = await nova.call("GET", `/v2/images?${query}`);
  expect(body.images.map(({ id }: { id: string }) => id)).toEqual(made.toReversed());
});

test("images that changed since are asked for as such", async () => {
  const id = await snapshotRecord();
  const since = encodeURIComponent("gte:2020-01-01T00:00:00Z");
  const { body } = await nova.call("GET", `/v2/images?updated_at=${since}&name=snap&limit=1000`);
  expect(body.images.some((image: { id: string }) => image.id === id)).toBe(true);
});

test("the default disk format is one that the schema names", async () => {
  const { body } = await nova.call("GET", "/v2/schemas/image");
  expect(body.properties.disk_format.enum).toEqual(expect.arrayContaining(["qcow2", "vhd", "vmdk", "raw"]));
});

test("deleting answers what Nova tells apart", async () => {
  const id = await snapshotRecord({ protected: true });
  expect((await nova.call("DELETE", `/v2/images/${id}`)).status).toBe(403);
  await nova.update(id, [{ op: "replace", path: "/protected", value: false }]);
  expect((await nova.call("DELETE", `/v2/images/${id}`)).status).toBe(204);
  expect((await nova.call("DELETE", `/v2/images/${id}`)).status).toBe(404);
});

test("an image that goes while it is shared is shown to the instance's owner until then", async () => {
  const id = await snapshotRecord({ visibility: "shared" });
  await nova.call("POST", `/v2/images/${id}/members`, { member: "instance-owner" });
  const owner = { as: member("instance-owner") };
  expect((await ask("GET", `/v2/images/${id}`, owner)).status).toBe(200);
  await ask("DELETE", `/v2/images/${id}`, { as: admin() });
  expect((await ask("GET", `/v2/images/${id}`, owner)).status).toBe(404);
  expect(await env.DB.prepare("SELECT 1 FROM image_members WHERE image_id = ?").bind(id).first()).toBeNull();
});
