import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beginUpload,
  createImage,
  download,
  downloadStatus,
  eventually,
  into,
  md5,
  remove,
  sha512,
  show,
  showStatus,
  someBytes,
  storedIn,
  upload,
} from "./support/images.ts";
import { sendAllThenRead } from "./support/raw.ts";
import { Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";

const MiB = 1024 * 1024;
const CAP_MIB = 100;

/** More than the buffers between the two ends hold, so that a client that is not read cannot send it. */
const MUCH_MIB = 200;

const BODY = someBytes(20 * MiB + 1);

let service: Service;

beforeAll(async () => {
  service = await Service.start({ settings: { limits: { image_size_cap_bytes: CAP_MIB * MiB } } });
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

describe.each(["file", "r2"])("an image in the store %s", (store) => {
  test.each([
    ["announced", { "content-length": String(BODY.byteLength) }],
    ["announced by a header of its own", { "x-openstack-image-size": String(BODY.byteLength) }],
    ["unknown", { "transfer-encoding": "chunked" }],
  ])("of a length that is %s comes back as it was sent", async (_name, length) => {
    const before = storedIn(service);
    const id = await createImage(service);
    const headers = { ...length, ...into(store) };
    expect(await upload(service, id, BODY, headers)).toBe(204);
    await expectShown(service, id, {
      status: "active",
      size: BODY.byteLength,
      stores: store,
      checksum: md5(BODY),
      os_hash_value: sha512(BODY),
    });
    expect(storedIn(service)).toEqual([...before, store === "file" ? id : `r2/${id}`].sort());

    const whole = await download(service, id);
    expect(whole.size).toBe(String(BODY.byteLength));
    expect(whole.md5).toBe(md5(BODY));
    expect(md5(whole.bytes)).toBe(md5(BODY));
    for (const [range, from, to] of [
      ["bytes=0-0", 0, 1],
      ["bytes=8388607-8388609", 8388607, 8388610],
      ["bytes=-7", BODY.byteLength - 7, BODY.byteLength],
    ] as const) {
      const part = await download(service, id, { range });
      expect(part.status).toBe(206);
      expect(part.size).toBe(String(to - from));
      expect(part.bytes.equals(BODY.subarray(from, to)), range).toBe(true);
    }

    await remove(service, id);
    await eventually("the bytes are gone", () => storedIn(service).join() === before.join());
  });

  test("may be empty", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, Buffer.alloc(0), into(store))).toBe(204);
    const { status, size, bytes } = await download(service, id);
    expect({ status, size, bytes: bytes.byteLength }).toEqual({ status: 200, size: "0", bytes: 0 });
    expect(await downloadStatus(service, id, { range: "bytes=0-" })).toBe(416);
  });
});

test("the default store keeps the image as a plain file under its id, byte for byte", async () => {
  const id = await createImage(service);
  expect(await upload(service, id, BODY)).toBe(204);
  await expectShown(service, id, { stores: "file" });
  expect(readFileSync(join(service.dataDir, "images", id)).equals(BODY)).toBe(true);
});

test("several images are uploaded at once", async () => {
  const ids = await Promise.all(Array.from({ length: 8 }, () => createImage(service)));
  const bodies = ids.map(() => someBytes(3 * MiB));
  const stores = ids.map((_, n) => into(n % 2 ? "r2" : "file"));
  const statuses = await Promise.all(ids.map((id, n) => upload(service, id, bodies[n] as Buffer, stores[n])));
  expect(statuses).toEqual(ids.map(() => 204));
  for (const [n, id] of ids.entries())
    expect(md5((await download(service, id)).bytes)).toBe(md5(bodies[n] as Buffer));
});

describe("a client that reads only after it has sent everything finds", () => {
  const path = (id: string) => `/v2/images/${id}/file`;

  test("the 409 of a second upload, while the first goes on to its 204", async () => {
    const id = await createImage(service);
    const first = await beginUpload(service, id);
    first.request.write(BODY);
    await eventually("the image is saving", async () => (await show(service, id)).status === "saving");
    const token = await service.token();
    expect(await sendAllThenRead(service, path(id), { mebibytes: MUCH_MIB, token })).toMatchObject({
      status: 409,
    });
    first.request.end();
    expect(await first.status).toBe(204);
    expect(md5((await download(service, id)).bytes)).toBe(md5(BODY));
  });

  test("the 413 of an image that is larger than any may be, and nothing of it stays", async () => {
    const before = storedIn(service);
    const id = await createImage(service);
    const token = await service.token();
    expect(await sendAllThenRead(service, path(id), { mebibytes: MUCH_MIB, token })).toMatchObject({
      status: 413,
    });
    await expectShown(service, id, { status: "queued", size: null });
    await eventually("nothing is left over", () => storedIn(service).join() === before.join());
    expect(await upload(service, id, BODY)).toBe(204);
  });

  test("the 401 of a token that is not good", async () => {
    const id = await createImage(service);
    const { status, headers } = await sendAllThenRead(service, path(id), {
      mebibytes: MUCH_MIB,
      token: "none",
    });
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toMatch(/^Keystone uri=/);
  });

  test.each(["/v2/images/none/file", "/v2/nothing", "/v2/images/none/stage"])("the 404 of %s", async (at) => {
    const token = await service.token();
    expect(await sendAllThenRead(service, at, { mebibytes: MUCH_MIB, token })).toMatchObject({ status: 404 });
  });

  test.each([
    ["413 of JSON without end", "POST", "/v2/images", 413],
    ["413 of a login without end", "POST", "/identity/v3/auth/tokens", 413],
    ["400 of a body that a show has not", "GET", "/v2/images/none", 400],
  ])("the %s", async (_name, method, at, status) => {
    const sending = { method, mebibytes: MUCH_MIB, token: await service.token() };
    expect(await sendAllThenRead(service, at, sending)).toMatchObject({ status });
  });
});

test("an upload whose image is deleted meanwhile is a 410, and no byte remains", async () => {
  const before = storedIn(service);
  const id = await createImage(service);
  const { request, status } = await beginUpload(service, id);
  request.write(BODY);
  await eventually("bytes arrive", () => storedIn(service).length > before.length);
  await remove(service, id);
  Readable.from([BODY]).pipe(request);
  expect(await status).toBe(410);
  await eventually("nothing is left over", () => storedIn(service).join() === before.join());
  expect(await showStatus(service, id)).toBe(404);
});
