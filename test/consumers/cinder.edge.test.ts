import { expect, test } from "vitest";
import { digestsOf } from "../support/digests.ts";
import { unannounced } from "../support/image-data.ts";
import { bytesOf } from "../support/streams.ts";
import { aWebServer, taskEnds } from "../support/web-server.ts";
import { Consumer } from "./caller.ts";

/** What Cinder asks of an image service, call by call (spec/consumers.md section 3). */
const web = aWebServer();
const cinder = new Consumer("tenant");

const newImage = async (fields: object = {}): Promise<string> => {
  const formats = { disk_format: "raw", container_format: "bare" };
  const { body, status } = await cinder.call("POST", "/v2/images", { name: "volume", ...formats, ...fields });
  expect(status).toBe(201);
  return body.id;
};

test("a store that a volume type names is looked up in the list of stores", async () => {
  const { body } = await cinder.call("GET", "/v2/info/stores");
  expect(body.stores).toEqual([
    { id: "file", default: "true" },
    { id: "r2" },
    { id: "web", "read-only": "true" },
  ]);
});

test("a volume is uploaded into the store of its type, with a word on what it was made from", async () => {
  const id = await newImage({ cinder_encryption_key_id: crypto.randomUUID() });
  const headers = { "x-image-meta-store": "r2", "x-openstack-base-image-ref": crypto.randomUUID() };
  expect(await cinder.upload(id, unannounced("a volume"), headers)).toBe(204);
  expect((await cinder.show(id)).body).toMatchObject({ status: "active", size: 8, stores: "r2" });
});

test("a volume type that names a store there is not is told so before anything is sent", async () => {
  const id = await newImage();
  expect(await cinder.upload(id, "a volume", { "x-image-meta-store": "nope" })).toBe(400);
  expect((await cinder.show(id)).body.status).toBe("queued");
});

test("an upload that failed leaves an image that is queued, and is deleted as such", async () => {
  const id = await newImage();
  expect(await cinder.upload(id, "12345", { "x-openstack-image-size": "6" })).toBe(400);
  expect((await cinder.show(id)).body.status).toBe("queued");
  expect((await cinder.call("DELETE", `/v2/images/${id}`)).status).toBe(204);
});

test("a volume that is to be the image's place is forbidden, and uploaded instead", async () => {
  const id = await newImage();
  const url = `cinder://fast/${crypto.randomUUID()}`;
  // Where the client expects hashes Cinder hands over the metadata of the location.
  const location = { url, validation_data: { store: "fast" } };
  expect((await cinder.call("POST", `/v2/images/${id}/locations`, location)).status).toBe(403);
  const legacy = { op: "add", path: "/locations/-", value: { url, metadata: { store: "fast" } } };
  expect((await cinder.update(id, [legacy])).status).toBe(403);
  expect(await cinder.upload(id, unannounced("a volume"))).toBe(204);
});

test("the metadata of a location in place of hashes are let pass where there is such a store", async () => {
  const id = await newImage();
  const location = { url: web.keep(9), validation_data: { store: "web" } };
  expect((await cinder.call("POST", `/v2/images/${id}/locations`, location)).status).toBe(202);
  expect(await taskEnds(id)).toBe("success");
});

test("a volume is made of an image: show, places, data", async () => {
  const id = await newImage();
  await cinder.call("POST", `/v2/images/${id}/locations`, { url: web.keep(100_000) });
  expect(await taskEnds(id)).toBe("success");
  const { checksum } = await digestsOf(bytesOf(100_000), "sha512");
  expect((await cinder.show(id)).body).toMatchObject({ status: "active", size: 100_000, checksum });
  expect((await cinder.call("GET", `/v2/images/${id}/locations`)).body).toHaveLength(1);
  const { headers, status } = await cinder.download(id);
  expect([status, headers.get("content-md5")]).toEqual([200, checksum]);
});

test("the schema tells base attributes from others, and the key of an encrypted volume from both", async () => {
  const { properties } = (await cinder.call("GET", "/v2/schemas/image")).body;
  expect(properties.min_disk.is_base).toBeUndefined();
  expect(properties.cinder_encryption_key_id.is_base).toBe(false);
  const id = await newImage({
    cinder_encryption_key_id: "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0",
    cinder_encryption_key_deletion_policy: "on_image_deletion",
  });
  expect((await cinder.show(id)).body.cinder_encryption_key_deletion_policy).toBe("on_image_deletion");
});
