import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setImageActive } from "../../client/image-actions.ts";
import { ofImage } from "../../client/images.ts";
import { statusOf } from "./support/asked.ts";
import {
  createImage,
  download,
  downloadStatus,
  eventually,
  into,
  md5,
  patch,
  remove,
  show,
  someBytes,
  upload,
} from "./support/images.ts";
import { partyOf, revoke } from "./support/others.ts";
import { Service } from "./support/service.ts";
import { serving } from "./support/web-server.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(24 * MiB + 5);

/** An image in R2, which is not this site's. */
const ELSEWHERE = into("r2");

let service: Service;

beforeAll(async () => {
  service = await Service.start({
    logLevel: "info",
    settings: {
      cache: { max_bytes: 128 * MiB },
      stores: [
        { id: "file", type: "file", path: "images" },
        { id: "r2", type: "r2" },
        { id: "web", type: "http", allow: ["127.0.0.1"] },
      ],
      locations: { show_multiple_locations: true },
    },
  });
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

async function uploaded(body = BODY): Promise<string> {
  const id = await createImage(service);
  expect(await upload(service, id, body, ELSEWHERE)).toBe(204);
  return id;
}

/** How often the worker has given out bytes of the image. */
const fetches = (id: string) =>
  service.output
    .split("\n")
    .filter((line) => line.includes(`"GET","path":"/v2/images/${id}/file"`) && !line.includes('"door"'))
    .length;

/** The log of a request comes after its end. */
const fetchedOnce = (id: string) => eventually("the fetch is logged", () => fetches(id) === 1);

const bytesOf = async (id: string, range?: string): Promise<Buffer> =>
  (await download(service, id, range === undefined ? {} : { range })).bytes;

test("32 clients that download an image at once, which is not kept here, cost one fetch", async () => {
  const id = await uploaded();
  const downloads = await Promise.all(Array.from({ length: 32 }, () => bytesOf(id)));
  for (const bytes of downloads) expect(md5(bytes)).toBe(md5(BODY));
  await fetchedOnce(id);
  expect(md5(await bytesOf(id))).toBe(md5(BODY));
  expect((await bytesOf(id, "bytes=7-9")).equals(BODY.subarray(7, 10))).toBe(true);
  await fetchedOnce(id);
});

test("another image of the same bytes is fetched for itself, and a restart keeps both", async () => {
  const id = await uploaded();
  expect(md5(await bytesOf(id))).toBe(md5(BODY));
  await fetchedOnce(id);
  await service.stop();
  await service.restart();
  expect(md5(await bytesOf(id))).toBe(md5(BODY));
  expect(fetches(id)).toBe(0);
  expect(readdirSync(join(service.dataDir, "cache"))).toHaveLength(2);
});

test("whoever claims the hash of an image for a location does not get that image", async () => {
  const secret = await uploaded();
  await bytesOf(secret);
  const { os_hash_value } = await show(service, secret);
  using web = await serving(Buffer.alloc(BODY.byteLength, "E"));
  const claims = await createImage(service);
  const validation_data = { os_hash_algo: "sha512", os_hash_value };
  const added = {
    op: "add" as const,
    path: "/locations/-",
    value: { url: web.url, metadata: {}, validation_data },
  };
  expect(await patch(service, claims, [added])).toBe(200);
  const [start, whole] = await Promise.all([
    bytesOf(claims, "bytes=0-8"),
    bytesOf(claims).catch(() => Buffer.of()),
  ]);
  expect(start.toString()).toBe("EEEEEEEEE");
  expect(whole.subarray(0, 9).toString()).toBe("EEEEEEEEE".slice(0, whole.byteLength));
  expect(md5(await bytesOf(secret))).toBe(md5(BODY));
});

test("who may not have an image does not get it from the cache", async () => {
  const id = await uploaded();
  await bytesOf(id);
  expect(await downloadStatus(service, id, { token: "none" })).toBe(401);
  await remove(service, id);
  expect(await downloadStatus(service, id)).toBe(404);
});

test("whoever has no right to an image gets no byte that the cache has, nor one that is on its way there", async () => {
  const owner = await service.memberOf("owner");
  const stranger = await partyOf(service, "stranger");
  const session = await service.client(owner);
  const id = await createImage(service, { visibility: "shared" }, owner);
  expect(await upload(service, id, BODY, { ...ELSEWHERE, "x-auth-token": owner })).toBe(204);
  const statusForStranger = () => downloadStatus(service, id, { token: stranger.token });
  const [own, ...refused] = await Promise.all([
    download(service, id, { token: owner }),
    ...Array.from({ length: 8 }, statusForStranger),
  ]);
  expect(md5(own.bytes)).toBe(md5(BODY));
  expect(new Set(refused)).toEqual(new Set([404]));

  const members = "/v2/images/{image_id}/members";
  const path = { image_id: id, member_id: stranger.projectId };
  const share = () =>
    statusOf(session.api.POST(members, { params: ofImage(id), body: { member: stranger.projectId } }));
  expect(await share()).toBe(200);
  expect(md5((await download(service, id, { token: stranger.token })).bytes)).toBe(md5(BODY));
  expect(await statusOf(session.api.DELETE(`${members}/{member_id}`, { params: { path } }))).toBe(204);
  expect(await statusForStranger()).toBe(404);

  expect(await share()).toBe(200);
  const admin = await service.client();
  await setImageActive(admin, id, "deactivate");
  expect(await statusForStranger()).toBe(403);
  await setImageActive(admin, id, "reactivate");
  expect(await statusForStranger()).toBe(200);
  await revoke(service, stranger.token);
  expect(await statusForStranger()).toBe(401);
  await fetchedOnce(id);
});
