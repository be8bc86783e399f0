import { expect, test } from "vitest";
import { ask, member } from "../support/catalogue.ts";
import { digestsOf } from "../support/digests.ts";
import { Consumer } from "./caller.ts";

/** What Ironic asks of an image service, call by call (spec/consumers.md section 4). */
const ironic = new Consumer("tenant");

async function deployImage(fields: object = {}): Promise<string> {
  const formats = { disk_format: "qcow2", container_format: "bare" };
  const { body } = await ironic.call("POST", "/v2/images", { name: "deploy", ...formats, ...fields });
  expect(await ironic.upload(body.id, "a whole disk")).toBe(204);
  return body.id;
}

test("an image tells what a node checks before it writes it: hashes, formats, kernel and ramdisk", async () => {
  const kernel = await deployImage();
  const id = await deployImage({ kernel_id: kernel, ramdisk_id: kernel, img_type: "partition" });
  const { checksum, hashValue } = await digestsOf(new TextEncoder().encode("a whole disk"), "sha512");
  expect((await ironic.show(id)).body).toMatchObject({
    ...{ status: "active", checksum, os_hash_algo: "sha512", os_hash_value: hashValue },
    ...{ disk_format: "qcow2", container_format: "bare" },
    ...{ kernel_id: kernel, ramdisk_id: kernel, img_type: "partition" },
  });
});

test("the projects of a shared image are asked for, and those who are none of them see neither", async () => {
  const id = await deployImage({ visibility: "shared" });
  expect((await ironic.call("POST", `/v2/images/${id}/members`, { member: "conductor" })).status).toBe(200);
  const { body } = await ironic.call("GET", `/v2/images/${id}/members`);
  expect(body.members.map((m: { member_id: string }) => m.member_id)).toEqual(["conductor"]);
  expect((await ask("GET", `/v2/images/${id}/members`, { as: member("others") })).status).toBe(404);
});

test("the data come as they were sent", async () => {
  expect((await ironic.download(await deployImage())).text).toBe("a whole disk");
});

test("where the operator shows it, a direct URL tells where the data lie", async () => {
  const id = await deployImage();
  const env = { LOCATIONS: { showImageDirectUrl: true } };
  const { body } = await ask("GET", `/v2/images/${id}`, { as: ironic.user, env });
  expect(body.direct_url).toBe(`memory://file/${id}`);
  expect((await ironic.show(id)).body).not.toHaveProperty("direct_url");
});
