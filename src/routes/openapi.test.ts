import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../app.ts";

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  app.fetch(new Request(`http://glimpse${path}`, { method, headers }), env, createExecutionContext());

describe.each([
  ["/openapi.json", "application/json"],
  ["/openapi.yaml", "application/yaml"],
])("%s", (path, type) => {
  test("is the document, for whoever asks", async () => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(await response.text()).toMatch(/^\{?\s*"?openapi"?: "?3\.1\.0/);
  });

  test("may be kept for a while, and is not sent again to who has it", async () => {
    const { headers } = await get(path);
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    const etag = headers.get("etag") ?? "";
    const again = await get(path, { "if-none-match": etag });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
    expect((await get(path, { "if-none-match": '"another"' })).status).toBe(200);
  });

  test("is itself also where Accept names a version of the Image API", async () => {
    expect((await get(path, { accept: "application/vnd.openstack.images-v2" })).status).toBe(200);
  });

  test("knows GET and HEAD alone", async () => {
    const head = await get(path, {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const put = await get(path, {}, "PUT");
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

test("what is not the document is still nobody's to keep", async () => {
  expect((await get("/versions")).headers.get("cache-control")).toBe("private, no-store");
});
