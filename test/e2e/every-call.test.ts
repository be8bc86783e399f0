import { afterAll, beforeAll, expect, test } from "vitest";
import type { operations } from "../../client/generated/api.ts";
import { projects, roles, users } from "../../client/identity.ts";
import { importLocation } from "../../client/locations.ts";
import type { Session } from "../../client/session.ts";
import type { Call, Made } from "./calls/call.ts";
import { DISCOVERY } from "./calls/discovery.ts";
import { IDENTITY } from "./calls/identity.ts";
import { IMAGES } from "./calls/images.ts";
import { statusOf } from "./support/asked.ts";
import { createImage, eventually, md5, sha512, show, someBytes, upload } from "./support/images.ts";
import { Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";
import { FILES_AND_WEB, serving, type WebServer } from "./support/web-server.ts";

/** Those that answer pages and YAML, and those that only a relay may ask. */
type NotOfTheClient =
  | "show_reference_page"
  | "show_reference_file"
  | "show_openapi_yaml"
  | "announce_relay"
  | "plan_relay_download"
  | "begin_relay_upload"
  | "abort_relay_transfer"
  | "complete_relay_transfer"
  | "extend_relay_transfer"
  | "renew_relay_transfer"
  | "put_relay_part";

/** Each operation of the document: one that it has more does not compile, and none that it has not. */
const CALLS: { readonly [Id in Exclude<keyof operations, NotOfTheClient>]: Call } = {
  ...DISCOVERY,
  ...IMAGES,
  ...IDENTITY,
};

const BYTES = someBytes(1000);

let service: Service;
let web: WebServer;
let session: Session;
let made: Made;

beforeAll(async () => {
  web = await serving(BYTES);
  service = await Service.start({
    settings: {
      stores: FILES_AND_WEB,
      locations: { show_multiple_locations: true },
    },
  });
  const { OS_PASSWORD: password = "" } = service.openrc();
  session = service.session("admin", password, "admin");
  const [imageId, importedId] = [await createImage(service), await createImage(service)];
  expect(await upload(service, imageId, BYTES)).toBe(204);
  await importLocation(session, importedId, { url: web.url });
  await eventually("it is active", async () => (await show(service, importedId)).status === "active");
  const [{ id: adminId }, { id: projectId }, { id: memberRoleId }] = await Promise.all([
    users.find(session, "admin"),
    projects.find(session, "admin"),
    roles.find(session, "member"),
  ]);
  const memberBy = (name: string, secret: string) => service.session(name, secret, "admin");
  made = { password, adminId, projectId, memberRoleId, memberBy, imageId, importedId, dataUrl: web.url };
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  web?.[Symbol.dispose]();
});

test.each(Object.entries(CALLS))("%s succeeds, and is answered as the document says", async (_id, call) => {
  const status = await statusOf(call(session, made));
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(400);
});

test("an image shows all that the document says it has", async () => {
  const id = await createImage(service, {
    name: "all",
    min_disk: 1,
    min_ram: 2,
    tags: ["a"],
    os_hidden: true,
  });
  expect(await upload(service, id, BYTES)).toBe(204);
  await expectShown(service, id, {
    id,
    name: "all",
    status: "active",
    visibility: "shared",
    owner: made.projectId,
    disk_format: "raw",
    container_format: "bare",
    min_disk: 1,
    min_ram: 2,
    tags: ["a"],
    protected: false,
    os_hidden: true,
    size: BYTES.byteLength,
    virtual_size: null,
    checksum: md5(BYTES),
    os_hash_algo: "sha512",
    os_hash_value: sha512(BYTES),
    stores: "file",
    created_at: expect.any(String),
    updated_at: expect.any(String),
    locations: expect.any(Array),
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: "/v2/schemas/image",
  });
});
