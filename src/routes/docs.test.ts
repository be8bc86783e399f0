import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../app.ts";

const asked = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  app.request(`http://glimpse${path}`, { method, headers }, env);

const page = await (await asked("/docs")).text();
const named = (type: string) =>
  [...page.matchAll(/"(docs\/[^"]+)"/g)].map(([, name]) => name).find((name) => name?.endsWith(type));

test("the page needs no token, and is asked for anew each time", async () => {
  const answer = await asked("/docs", { accept: "text/html" });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  expect(answer.headers.get("cache-control")).toBe("no-cache");
  expect(answer.headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
  expect(page).toContain('<main id="reference">');
});

test.each([
  [".js", "text/javascript; charset=UTF-8"],
  [".css", "text/css; charset=UTF-8"],
  [".png", "image/png"],
  [".txt", "text/plain; charset=UTF-8"],
])("what it names is there, and may be kept for ever: %s", async (ending, type) => {
  const answer = await asked(`/${named(ending)}`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
  expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
});

test("so are the pictures that the style sheets name, and nothing in them is of elsewhere", async () => {
  const sheet = await (await asked(`/${named(".css")}`)).text();
  const urls = [...sheet.matchAll(/url\(([^)]*)\)/g)].map(([, url]) => url);
  expect(urls.length).toBeGreaterThan(5);
  const statuses = urls.map(async (url) => (await asked(`/docs/${url}`)).status);
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]));
});

describe.each(["/docs", `/${named(".js")}`])("%s", (path) => {
  test("may load and ask this service alone", async () => {
    const { headers } = await asked(path);
    const policy = headers.get("content-security-policy") ?? "";
    const sources = policy.split("; ").map((directive) => directive.replace(/^\S+ /, ""));
    expect(new Set(sources)).toEqual(new Set(["'none'", "'self'"]));
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("is not sent again to who has it, a proxy that compressed it between them or not", async () => {
    const etag = (await asked(path)).headers.get("etag") ?? "";
    for (const known of [etag, `"other", W/${etag}`, "*"]) {
      const answer = await asked(path, { "if-none-match": known });
      expect([answer.status, await answer.text()]).toEqual([304, ""]);
      expect(answer.headers.get("etag")).toBe(etag);
      expect(answer.headers.get("cache-control")).not.toContain("no-store");
    }
    expect((await asked(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  test("answers HEAD, and no other method", async () => {
    const head = await asked(path, {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const put = await asked(path, {}, "PUT");
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

test.each([
  "/docs/index.html",
  "/docs/none.0123456789abcdef.js",
  "/docs/none.0123456789abcdef.exe",
  "/docs/swagger-ui.css",
  "/docs/%2e%2e%2fpackage.json",
  "/docs/a/b",
])("%s is nothing: 404, which nobody keeps", async (path) => {
  const answer = await asked(path);
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "private, no-store"]);
});

test("the page of old habit is led to it", async () => {
  const answer = await asked("/docs/");
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "http://glimpse/docs"]);
});

test("a version that Accept names makes no other page of it", async () => {
  expect((await asked("/docs", { accept: "application/vnd.openstack.images-v2" })).status).toBe(200);
});
