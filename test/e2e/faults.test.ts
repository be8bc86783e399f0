import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { downloadImage } from "../../client/images.ts";
import { unlessNotDescribed } from "./support/held.ts";
import {
  beginUpload,
  createImage,
  deleteImage,
  download,
  downloadStatus,
  eventually,
  into,
  listStatus,
  md5,
  remove,
  showStatus,
  someBytes,
  storedIn,
  type UploadHeaders,
  upload,
} from "./support/images.ts";
import { Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";
import { expectUntouched, isQueued } from "./support/untouched.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(3 * MiB);

/** A store, and more bytes than it takes before any of them is there: a part of an upload in parts has 16 MiB. */
const INTO = [
  { store: "file", body: BODY },
  { store: "r2", body: someBytes(20 * MiB) },
];

/** Room for one image of a few MiB and not for two. */
const SMALL_DISK_MIB = 8;

/** Only root may mount a file system of a chosen size. */
const MAY_MOUNT = process.getuid?.() === 0;

let disk: string;
let service: Service;

beforeAll(async () => {
  disk = join(mkdtempSync(join(tmpdir(), "glimpse-disk-")), "disk");
  mkdirSync(disk);
  if (MAY_MOUNT) execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_DISK_MIB}m`, "tmpfs", disk]);
  service = await Service.start({
    logLevel: "debug",
    settings: {
      stores: [
        { id: "file", type: "file", path: "images" },
        { id: "small", type: "file", path: disk },
        { id: "r2", type: "r2" },
      ],
      transfers: { lease_seconds: 2, heartbeat_seconds: 0.5, stall_seconds: 6, late_writer_seconds: 1 },
    },
  });
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  if (MAY_MOUNT) execFileSync("umount", [disk]);
  rmSync(join(disk, ".."), { recursive: true, force: true });
});

const secrets = () =>
  JSON.parse(readFileSync(join(service.dataDir, "secrets.json"), "utf8")) as {
    tokenSigningKey: string;
    relayKey: { secret: string };
    adminPassword: string;
  };

describe.each(INTO)("an upload into $store that has begun", ({ store, body }) => {
  const underWay = async (headers: UploadHeaders = {}) => {
    const before = storedIn(service);
    const id = await createImage(service);
    const { request, status } = await beginUpload(service, id, { ...into(store), ...headers });
    request.write(body);
    await eventually("bytes arrive", () => storedIn(service).length > before.length);
    return { before, id, request, status };
  };

  test.each([
    ["by its length", { "content-length": String(2 * body.byteLength) }],
    ["by a header of its own", { "x-openstack-image-size": String(2 * body.byteLength) }],
    ["by an end that never comes", {}],
  ])(
    "and whose client goes away before it has sent what it announced %s leaves nothing",
    async (_, length) => {
      const { before, id, request } = await underWay(length);
      request.destroy();
      await expectUntouched(service, id, before);
    },
  );

  test("and whose client stalls is given up; it finds out why, and nothing is left", async () => {
    const { before, id, request, status } = await underWay();
    expect(await status).toBe(503);
    request.destroy();
    await expectUntouched(service, id, before);
  });

  test("and whose image is deleted ends with 410, and nothing is left", async () => {
    const { before, id, request, status } = await underWay();
    await remove(service, id);
    request.end(body);
    expect(await status).toBe(410);
    await eventually("nothing is left over", () => storedIn(service).join() === before.join());
  });

  test("and whose relay dies breaks the connection, and nothing is left", async () => {
    const { before, id, status } = await underWay();
    await service.kill("relay");
    await expect(status.catch(unlessNotDescribed)).resolves.toBe(undefined);
    await eventually("the relay is back", async () => (await listStatus(service)) === 200);
    await expectUntouched(service, id, before);
  });

  test("and whose relay is silent for longer than its lease is given up, and nothing is left", async () => {
    const { before, id, request, status } = await underWay();
    const relay = service.pid("relay");
    process.kill(relay, "SIGSTOP");
    await eventually("the image is queued", isQueued(service, id, service.direct));
    process.kill(relay, "SIGCONT");
    request.end(body);
    expect(await status).toBe(409);
    await expectUntouched(service, id, before);
  });
});

test.skipIf(!MAY_MOUNT)(
  "a full disk is a 413, which leaves nothing, and a smaller image then fits",
  async () => {
    const files = () =>
      readdirSync(disk, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const id = await createImage(service);
    const small = into("small");
    for (const length of [
      { "transfer-encoding": "chunked" },
      { "content-length": String(2 * SMALL_DISK_MIB * MiB) },
    ]) {
      const body = someBytes(2 * SMALL_DISK_MIB * MiB);
      expect(await upload(service, id, body, { ...small, ...length })).toBe(413);
      await expectShown(service, id, { status: "queued", size: null });
      await eventually("nothing is left over", () => files().length === 0);
    }
    expect(await upload(service, id, BODY, small)).toBe(204);
    expect(md5((await download(service, id)).bytes)).toBe(md5(BODY));
  },
);

describe("for who comes to the worker itself, a relay that is away", () => {
  const timed = async (work: () => Promise<number>) => {
    const started = performance.now();
    const status = await work();
    return { status, prompt: performance.now() - started < 5000 };
  };

  test("is a 503, not a 500, and soon; it comes back by itself", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY, {}, service.direct)).toBe(204);
    const other = await createImage(service);
    const downloaded = () => downloadStatus(service, id, { url: service.direct });
    await service.kill("relay");
    const answers = await Promise.all([
      timed(downloaded),
      timed(() => upload(service, other, BODY, {}, service.direct)),
    ]);
    expect(answers).toEqual([
      { status: 503, prompt: true },
      { status: 503, prompt: true },
    ]);
    expect(await showStatus(service, id, service.direct)).toBe(200);
    await eventually("the relay is back", async () => (await downloaded()) === 200);
    await eventually("its front door is", async () => (await listStatus(service)) === 200);
    await eventually("the image is queued", isQueued(service, other));
    expect(await upload(service, other, BODY, {}, service.direct)).toBe(204);
  });

  test("in the middle of an upload is a 503, and nothing is left of it", async () => {
    const before = storedIn(service);
    const id = await createImage(service);
    const { request, status } = await beginUpload(service, id, {}, service.direct);
    request.write(BODY);
    await eventually("bytes arrive", () => storedIn(service).length > before.length);
    await service.kill("relay");
    request.end(BODY);
    expect(await status).toBe(503);
    await expectUntouched(service, id, before);
  });

  test("because it hangs in the middle of an upload is a 503, and nothing is left of it", async () => {
    const before = storedIn(service);
    const id = await createImage(service);
    const { request, status } = await beginUpload(service, id, {}, service.direct);
    request.write(BODY);
    await eventually("bytes arrive", () => storedIn(service).length > before.length);
    const relay = service.pid("relay");
    process.kill(relay, "SIGSTOP");
    try {
      request.end(someBytes(40 * MiB));
      expect(await status).toBe(503);
      await eventually("the image is queued", isQueued(service, id, service.direct));
    } finally {
      process.kill(relay, "SIGCONT");
    }
    await expectUntouched(service, id, before);
  });
});

test("a relay that dies in the middle of a download breaks the connection, and another one is whole", async () => {
  const before = storedIn(service);
  const id = await createImage(service);
  const body = someBytes(64 * MiB);
  expect(await upload(service, id, body)).toBe(204);
  const data = await downloadImage(await service.client(), id);
  const reading = data?.body[Symbol.asyncIterator]();
  await reading?.next();
  await service.kill("relay");
  const rest = async () => {
    while (!(await reading?.next())?.done);
  };
  await expect(rest()).rejects.toThrow();
  await eventually("the relay is back", async () => (await listStatus(service)) === 200);
  expect(md5((await download(service, id)).bytes)).toBe(md5(body));
  await deleteImage(service, id);
  expect(storedIn(service)).toEqual(before);
});

test("none of all this was a 500, or unexpected", () => {
  expect(service.output).toContain('"status":413');
  expect(service.output).not.toContain('"status":500');
  expect(service.output).not.toContain("unexpected error");
});

test("no secret is ever logged, however much is logged", async () => {
  const { tokenSigningKey, relayKey, adminPassword } = secrets();
  const wrong = "a password that is wrong";
  expect(await service.login("admin", wrong)).toBe("");
  await eventually("the login is logged", () => service.output.includes("/identity/v3/auth/tokens"));
  expect(service.output).toContain("relay");
  for (const secret of [tokenSigningKey, relayKey.secret, adminPassword, wrong, await service.token()])
    expect(service.output.includes(secret)).toBe(false);
});
