import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newAuditId, openToken, sealToken } from "../../src/auth/token.ts";
import { heldFetch } from "./support/held.ts";
import { createImage, deleteImage, download, someBytes, storedIn, upload } from "./support/images.ts";
import { rawRequest } from "./support/raw.ts";
import { Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";
import { expectUntouched } from "./support/untouched.ts";

const MiB = 1024 * 1024;
const BODY = someBytes(MiB);

let service: Service;

beforeAll(async () => {
  service = await Service.start({ logLevel: "info", settings: { transfers: { stall_seconds: 10 } } });
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
});

describe("malformed requests are refused with a 4xx, and nothing is stored", () => {
  const request = async (line: string, fields: Record<string, string> = {}, body: string | Buffer = "") => {
    const [method = "", target = ""] = line.split(" ");
    const all = { host: "glimpse", "x-auth-token": await service.token(), ...fields };
    return rawRequest(service, { method, target, fields: all, body: Buffer.from(body) });
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
      ["an id that is no UTF-8", 400, "GET /v2/images/%ff"],
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
    const before = storedIn(service);
    const bytes = Buffer.from(body, "latin1");
    expect((await request(line, { ...(body === "" ? {} : sized(bytes)), ...fields }, bytes)).status).toBe(
      status,
    );
    expect(storedIn(service)).toEqual(before);
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
    await deleteImage(service, id);
  });

  test.each([
    ["GET", "/v2/images/../file", 404],
    ["GET", "/v2/images/%2e%2e/file", 404],
    ["GET", `/v2/images/${ABSENT}/file?prefer='x'`, 400],
    ["GET", `/v2/images/${ABSENT}/file?x=<y>`, 404],
    ["GET", `/v2/images/${ABSENT}/file?x#y`, 404],
    ["PUT", "/v2/images/%2e%2e/file", 404],
    ["PUT", `/v2/images/${ABSENT}/file?x="y"`, 404],
  ])(
    "%s %s, which URL parsers spell otherwise, is understood at the front door: %i",
    async (method, target, status) => {
      const fields = method === "PUT" ? { ...OCTETS, ...sized("x") } : {};
      const answer = await request(`${method} ${target}`, fields, method === "PUT" ? "x" : "");
      expect(answer.status).toBe(status);
    },
  );

  test("a body that is longer than its Content-Length is cut there", async () => {
    const id = await createImage(service);
    const fields = { ...OCTETS, "content-length": "5" };
    expect((await request(`PUT /v2/images/${id}/file`, fields, "image and more\r\n\r\n")).status).toBe(204);
    await expectShown(service, id, { status: "active", size: 5 });
    await deleteImage(service, id);
  });

  test.each([
    ["a Content-Length that is none", { "content-length": "five" }],
    ["a negative Content-Length", { "content-length": "-5" }],
    ["an endless Content-Length", { "content-length": "9".repeat(40) }],
    ["chunks that are none", { "transfer-encoding": "chunked" }],
  ])("%s is not an upload", async (_name, fields) => {
    const before = storedIn(service);
    const id = await createImage(service);
    const { status } = await request(`PUT /v2/images/${id}/file`, { ...OCTETS, ...fields }, "image\r\n");
    expect([0, 400, 413]).toContain(status);
    await expectUntouched(service, id, before);
  });
});

const signingKey = (): string =>
  JSON.parse(readFileSync(join(service.dataDir, "secrets.json"), "utf8")).tokenSigningKey;

describe("a token that is not good is a 401", () => {
  const asked = async (token: string) =>
    (await heldFetch(`${service.url}/v2/images`, { headers: { "x-auth-token": token } })).status;

  test("one that has expired", async () => {
    const tokenSigningKey = signingKey();
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
    const genuine = await openToken(signingKey(), token, Date.now());
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

test("front door and worker log a request under the id that its answer has", async () => {
  const id = await createImage(service);
  expect(await upload(service, id, BODY, { "x-openstack-request-id": "upload-of-mine" })).toBe(204);
  const { requestId } = await download(service, id, { requestId: "download-of-mine" });
  expect(requestId).toBe("req-download-of-mine");
  await deleteImage(service, id);
  const lines = service.output
    .split("\n")
    .filter((line) => line.includes('"request"') && line.includes("-of-mine"))
    .map((line) => JSON.parse(line) as { request_id: string; door?: string });
  for (const asked of ["req-upload-of-mine", "req-download-of-mine"]) {
    const doors = lines.filter(({ request_id }) => request_id === asked).map(({ door }) => door);
    expect(doors).toEqual(expect.arrayContaining(["front", undefined]));
  }
  expect(lines.every(({ request_id }) => request_id.startsWith("req-"))).toBe(true);
});

test("none of all this was a 500, or unexpected", () => {
  expect(service.output).toContain('"status":413');
  expect(service.output).not.toContain('"status":500');
  expect(service.output).not.toContain("unexpected error");
});
