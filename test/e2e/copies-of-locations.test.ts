import { afterAll, beforeAll, expect, test } from "vitest";
import { type Image, type PatchOperation, updateImage } from "../../client/images.ts";
import { imageTasks } from "../../client/tasks.ts";
import { createImage, eventually, sha512, someBytes, upload } from "./support/images.ts";
import { expectSeen, othersSee, ROUNDS, WAYS } from "./support/others.ts";
import { Service } from "./support/service.ts";
import { FILES_AND_WEB, serving, type WebServer } from "./support/web-server.ts";

const DISK = someBytes(4_096);

let service: Service;
let web: WebServer;
let admin: string;

beforeAll(async () => {
  web = await serving(DISK);
  service = await Service.start({
    settings: {
      stores: FILES_AND_WEB,
      locations: { show_multiple_locations: true },
    },
  });
  admin = await service.token();
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  web?.[Symbol.dispose]();
});

/** A location as a patch has it, and as it is shown. */
const at = (url: string, metadata: Record<string, string>) => ({ url, metadata });
const inWeb = (url: string, more: Record<string, string> = {}) => at(url, { ...more, store: "web" });

test.each(WAYS)(
  "a location that is added, described or removed by %s is in every later read",
  async (way) => {
    const image = await createImage(service);
    await using _others = await othersSee(service, admin, image);
    const session = await service.client(admin, service[way]);
    const write = (operation: PatchOperation) => updateImage(session, image, [operation]);
    const sees = (...locations: ReturnType<typeof at>[]) => expectSeen(service, admin, image, { locations });
    await write({ op: "add", path: "/locations/-", value: at(web.url, {}) });
    await sees(inWeb(web.url));
    for (let n = 0; n < ROUNDS; n++) {
      const [other, round] = [`${web.url}?${n}`, { round: `${n}` }];
      await write({ op: "add", path: "/locations/-", value: at(other, {}) });
      await sees(inWeb(web.url), inWeb(other));
      await write({ op: "replace", path: "/locations", value: [at(web.url, {}), at(other, round)] });
      await sees(inWeb(web.url), inWeb(other, round));
      await write({ op: "remove", path: "/locations/1" });
      await sees(inWeb(web.url));
    }
  },
);

test.each(WAYS)("a store's copy of the image that is removed by %s is in no later read", async (way) => {
  const session = await service.client(admin, service[way]);
  const image = await createImage(service);
  await using _others = await othersSee(service, admin, image);
  expect(await upload(service, image, DISK)).toBe(204);
  await updateImage(session, image, [{ op: "add", path: "/locations/-", value: at(web.url, {}) }]);
  const params = { path: { store_id: "file", image_id: image } };
  const answer = await session.api.DELETE("/v2/stores/{store_id}/{image_id}", { params });
  expect(answer.response.status).toBe(204);
  await expectSeen(service, admin, image, { locations: [inWeb(web.url)], stores: "web" });
});

test.each<[Image["status"], string, string]>([
  ["active", "success", sha512(DISK)],
  ["queued", "failure", sha512(someBytes(1))],
])("an image that an alarm makes %s is so in every read after its task's %s", async (status, end, hash) => {
  const session = await service.client(admin);
  for (let n = 0; n < ROUNDS / 3; n++) {
    const image = await createImage(service);
    await using _others = await othersSee(service, admin, image);
    const answer = await session.api.POST("/v2/images/{image_id}/locations", {
      params: { path: { image_id: image } },
      body: { url: web.url, validation_data: { os_hash_algo: "sha512", os_hash_value: hash } },
    });
    expect(answer.response.status).toBe(202);
    // Of tasks there are no copies.
    await eventually("the task ends", async () => {
      const [task] = await imageTasks(session, image);
      return task?.status === end;
    });
    await expectSeen(service, admin, image, { status });
  }
});
