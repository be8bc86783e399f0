import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAuditId, openToken, sealToken } from "../../src/auth/token.ts";
import {
  beginUpload,
  createImage,
  eventually,
  filesIn,
  md5,
  show,
  someBytes,
  upload,
} from "./support/images.ts";
import { headers, rawRequest } from "./support/raw.ts";
import { Service } from "./support/service.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(3 * MiB);

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
      ],
      transfers: { lease_seconds: 2, heartbeat_seconds: 0.5, stall_seconds: 2, late_writer_seconds: 1 },
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

const isQueued = (id: string) => async () => (await show(service, id)).status === "queued";

async function deleteImage(id: string): Promise<void> {
  await service.fetch(`/v2/images/${id}`, { method: "DELETE" });
  await eventually("its bytes are gone", () => !filesIn(service).some((name) => name.startsWith(id)));
}

/** After a failed upload nothing is left of it, and the next one succeeds. */
async function expectUntouched(id: string, before: readonly string[]): Promise<void> {
  await eventually("the image is queued", isQueued(id));
  expect(await show(service, id)).toMatchObject({ size: null, checksum: null });
  await eventually("nothing is left over", () => filesIn(service).join() === before.join());
  expect(await upload(service, id, BODY)).toBe(204);
  const response = await service.fetch(`/v2/images/${id}/file`);
  expect(md5(Buffer.from(await response.arrayBuffer()))).toBe(md5(BODY));
  await deleteImage(id);
}

describe("malformed requests are refused with a 4xx, and nothing is stored", () => {
  const request = async (line: string, fields: Record<string, string> = {}, body: string | Buffer = "") => {
    const head = headers({ host: "glimpse", "x-auth-token": await service.token(), ...fields });
    return rawRequest(
      service,
      Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head}\r\n`, "latin1"), Buffer.from(body)]),
    );
  };
  const sized = (body: string | Buffer) => ({ "content-length": String(Buffer.byteLength(body)) });
  const ABSENT = "7f3c0000-0000-4000-8000-000000000000";
  const OCTETS = { "content-type": "application/octet-stream" };
  const PATCH = { "content-type": "application/openstack-images-v2.1-json-patch" };

  const rows: [name: string, status: number, line: string, fields?: Record<string, string>, body?: string][] =
    [
      ["half an object", 400, "POST /v2/images", {}, '{"name":'],
      ["no JSON", 400, "POST /v2/images", {}, "name=x"],
      ["no body", 400, "POST /v2/images"],
      ["an array", 400, "POST /v2/images", {}, "[]"],
      ["a NUL", 400, "POST /v2/images", {}, '{"name":"a\\u0000"}'],
      ["a raw NUL", 400, "POST /v2/images", {}, '{"name":"a\0"}'],
      ["bytes that are no UTF-8", 400, "POST /v2/images", {}, '{"name":"\xff"}'],
      ["10 MB of JSON", 413, "POST /v2/images", {}, `{"name":"${"x".repeat(10 * MiB)}"}`],
      [
        "a patch of a wrong type",
        415,
        `PATCH /v2/images/${ABSENT}`,
        { "content-type": "application/json" },
        "[]",
      ],
      ["a patch without a type", 415, `PATCH /v2/images/${ABSENT}`, {}, "[]"],
      ["half a patch", 400, `PATCH /v2/images/${ABSENT}`, PATCH, "[{"],
      [
        "image data as JSON",
        415,
        `PUT /v2/images/${ABSENT}/file`,
        { "content-type": "application/json" },
        "{}",
      ],
      ["image data of no type", 415, `PUT /v2/images/${ABSENT}/file`, {}, "image"],
      ["a body with a download", 400, `GET /v2/images/${ABSENT}/file`, {}, "body"],
      ["a body with a show", 400, `GET /v2/images/${ABSENT}`, {}, "body"],
      ["a body with a delete", 400, `DELETE /v2/images/${ABSENT}`, {}, "body"],
      ["an id that is none", 404, "GET /v2/images/%00"],
      ["an id that is no UTF-8", 404, "GET /v2/images/%ff"],
      ["an id of 8000 characters", 404, `GET /v2/images/${"x".repeat(8000)}/file`],
      ["an id that climbs", 404, "GET /v2/images/..%2f..%2fsecrets.json/file"],
      [
        "a size that is none",
        400,
        `PUT /v2/images/${ABSENT}/file`,
        { ...OCTETS, "x-openstack-image-size": "-1" },
        "x",
      ],
      [
        "a store with odd bytes",
        400,
        `PUT /v2/images/${ABSENT}/file`,
        { ...OCTETS, "x-image-meta-store": "\xff\xfe" },
        "x",
      ],
      ["a token with odd bytes", 401, "GET /v2/images", { "x-auth-token": "\xff\x80" }],
      ["a service token that is none", 401, "GET /v2/images", { "x-service-token": "none" }],
      ["a request id of odd bytes", 200, "GET /v2/images", { "x-openstack-request-id": "\xff\x80" }],
      ["a request id that is too long", 431, "GET /v2/images", { "x-openstack-request-id": "x".repeat(65) }],
      ["a login that is none", 400, "POST /identity/v3/auth/tokens", {}, '{"auth":1}'],
      ["10 MB of a login", 413, "POST /identity/v3/auth/tokens", {}, `{"auth":"${"x".repeat(10 * MiB)}"}`],
      ["a method that is none", 405, `HEAD /v2/images/${ABSENT}`],
    ];

  test.each(rows)("%s: %i", async (_name, status, line, fields = {}, body = "") => {
    const before = filesIn(service);
    const bytes = Buffer.from(body, "latin1");
    expect((await request(line, { ...(body === "" ? {} : sized(bytes)), ...fields }, bytes)).status).toBe(
      status,
    );
    expect(filesIn(service)).toEqual(before);
  });

  test.each([
    ["several ranges", "bytes=0-1,3-4", 400],
    ["a start past any number", "bytes=99999999999999999999-", 416],
    ["a start of 5000 digits", `bytes=${"9".repeat(5000)}-`, 416],
    ["a range of nothing", "bytes=-", 416],
    ["a range of odd bytes", "\xff", 416],
  ])("%s cannot be had", async (_name, range, status) => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    expect((await request(`GET /v2/images/${id}/file`, { range })).status).toBe(status);
    await deleteImage(id);
  });

  test("a body that is longer than its Content-Length is cut there", async () => {
    const id = await createImage(service);
    const fields = { ...OCTETS, "content-length": "5" };
    expect((await request(`PUT /v2/images/${id}/file`, fields, "image and more\r\n\r\n")).status).toBe(204);
    expect(await show(service, id)).toMatchObject({ status: "active", size: 5 });
    await deleteImage(id);
  });

  test.each([
    ["a Content-Length that is none", { "content-length": "five" }],
    ["a negative Content-Length", { "content-length": "-5" }],
    ["an endless Content-Length", { "content-length": "9".repeat(40) }],
    ["chunks that are none", { "transfer-encoding": "chunked" }],
  ])("%s is not an upload", async (_name, fields) => {
    const before = filesIn(service);
    const id = await createImage(service);
    const { status } = await request(`PUT /v2/images/${id}/file`, { ...OCTETS, ...fields }, "image\r\n");
    expect([0, 400, 413]).toContain(status);
    await expectUntouched(id, before);
  });
});

describe("a client that goes away before it has sent what it announced", () => {
  test.each([
    ["by its length", { "content-length": String(2 * BODY.byteLength) }],
    ["by a header of its own", { "x-openstack-image-size": String(2 * BODY.byteLength) }],
    ["by an end that never comes", {}],
  ])("%s leaves nothing", async (_name, length) => {
    const before = filesIn(service);
    const id = await createImage(service);
    const { request } = await beginUpload(service, id, length as Record<string, string>);
    request.write(BODY);
    await eventually("bytes arrive", () => filesIn(service).length > before.length);
    request.destroy();
    await expectUntouched(id, before);
  });
});

describe("a token that is not good is a 401", () => {
  const asked = async (token: string) =>
    (await fetch(`${service.url}/v2/images`, { headers: { "x-auth-token": token } })).status;

  test("one that has expired", async () => {
    const { tokenSigningKey } = secrets();
    const now = Date.now();
    const genuine = await openToken(tokenSigningKey, await service.token(), now);
    if (!genuine) throw new Error("the service's own token does not open");
    const auditId = newAuditId();
    const claims = { ...genuine, auditId, auditChainId: auditId };
    const issuedAt = now - 3_600_000;
    expect(await asked(await sealToken(tokenSigningKey, claims))).toBe(200);
    expect(
      await asked(await sealToken(tokenSigningKey, { ...claims, issuedAt, expiresAt: now - 1000 })),
    ).toBe(401);
  });

  test("one that was forged, cut or changed", async () => {
    const token = await service.token();
    const genuine = await openToken(secrets().tokenSigningKey, token, Date.now());
    if (!genuine) throw new Error("the service's own token does not open");
    const changed = [...token]
      .map((letter, n) => (n === 20 ? (letter === "A" ? "B" : "A") : letter))
      .join("");
    for (const bad of [
      await sealToken("x".repeat(43), genuine),
      token.slice(0, -1),
      `${token}A`,
      changed,
      "",
      ".",
    ])
      expect(await asked(bad)).toBe(401);
  });
});

test.skipIf(!MAY_MOUNT)(
  "a full disk is a 413, which leaves nothing, and a smaller image then fits",
  async () => {
    const files = () =>
      readdirSync(disk, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const id = await createImage(service);
    const small = { "x-image-meta-store": "small" };
    for (const length of [
      { "transfer-encoding": "chunked" },
      { "content-length": String(2 * SMALL_DISK_MIB * MiB) },
    ]) {
      const body = someBytes(2 * SMALL_DISK_MIB * MiB);
      expect(await upload(service, id, body, { ...small, ...length } as Record<string, string>)).toBe(413);
      expect(await show(service, id)).toMatchObject({ status: "queued", size: null });
      await eventually("nothing is left over", () => files().length === 0);
    }
    expect(await upload(service, id, BODY, small)).toBe(204);
    const response = await service.fetch(`/v2/images/${id}/file`);
    expect(md5(Buffer.from(await response.arrayBuffer()))).toBe(md5(BODY));
  },
);

describe("a client that stalls", () => {
  test("is given up, finds out why, and leaves nothing", async () => {
    const before = filesIn(service);
    const id = await createImage(service);
    const { request, response } = await beginUpload(service, id);
    request.write(BODY);
    expect((await response).resume().statusCode).toBe(503);
    request.destroy();
    await expectUntouched(id, before);
  });
});

describe("a relay that is away", () => {
  const timed = async (work: () => Promise<number>) => {
    const started = performance.now();
    const status = await work();
    return { status, prompt: performance.now() - started < 5000 };
  };

  test("is a 503, not a 500, and soon; it comes back by itself", async () => {
    const id = await createImage(service);
    expect(await upload(service, id, BODY)).toBe(204);
    const other = await createImage(service);
    const download = async () => {
      const response = await service.fetch(`/v2/images/${id}/file`);
      await response.arrayBuffer();
      return response.status;
    };
    await service.kill("relay");
    const answers = await Promise.all([timed(download), timed(() => upload(service, other, BODY))]);
    expect(answers).toEqual([
      { status: 503, prompt: true },
      { status: 503, prompt: true },
    ]);
    expect((await service.fetch(`/v2/images/${id}`)).status).toBe(200);
    await eventually("the relay is back", async () => (await download()) === 200);
    await eventually("the image is queued", isQueued(other));
    expect(await upload(service, other, BODY)).toBe(204);
  });

  test("in the middle of an upload is a 503, and nothing is left of it", async () => {
    const before = filesIn(service);
    const id = await createImage(service);
    const { request, response } = await beginUpload(service, id);
    request.write(BODY);
    await eventually("bytes arrive", () => filesIn(service).length > before.length);
    await service.kill("relay");
    request.end(BODY);
    expect((await response).resume().statusCode).toBe(503);
    await expectUntouched(id, before);
  });

  test("because it hangs in the middle of an upload is a 503, and nothing is left of it", async () => {
    const before = filesIn(service);
    const id = await createImage(service);
    const { request, response } = await beginUpload(service, id);
    request.write(BODY);
    await eventually("bytes arrive", () => filesIn(service).length > before.length);
    const relay = service.pid("relay");
    process.kill(relay, "SIGSTOP");
    try {
      request.end(someBytes(40 * MiB));
      expect((await response).resume().statusCode).toBe(503);
      await eventually("the image is queued", isQueued(id));
    } finally {
      process.kill(relay, "SIGCONT");
    }
    await expectUntouched(id, before);
  });
});

test("none of all this was a 500, or unexpected", () => {
  expect(service.output).toContain('"status":413');
  expect(service.output).not.toContain('"status":500');
  expect(service.output).not.toContain("unexpected error");
});

test("no secret is ever logged, however much is logged", async () => {
  const { tokenSigningKey, relayKey, adminPassword } = secrets();
  const wrong = "a password that is wrong";
  const user = { name: "admin", domain: { id: "default" }, password: wrong };
  const refused = await fetch(`${service.url}/identity/v3/auth/tokens`, {
    method: "POST",
    body: JSON.stringify({ auth: { identity: { methods: ["password"], password: { user } } } }),
  });
  expect(refused.status).toBe(401);
  await eventually("the login is logged", () => service.output.includes("/identity/v3/auth/tokens"));
  expect(service.output).toContain("relay");
  for (const secret of [tokenSigningKey, relayKey.secret, adminPassword, wrong, await service.token()])
    expect(service.output.includes(secret)).toBe(false);
});
