import { expect, test } from "vitest";
import { ask } from "../../test/support/catalogue.ts";
import { app } from "../app.ts";

const anonymous = (method: string, path: string, headers: Record<string, string> = {}, env?: object) =>
  app.request(`http://glimpse${path}`, { method, headers }, env ?? {});

const bare = async (method: string, path: string, headers: Record<string, string> = {}) => {
  const { env } = await import("cloudflare:workers");
  return anonymous(method, path, headers, env);
};

test.each([
  ["GET", "/", 300],
  ["HEAD", "/", 300],
  ["GET", "/versions", 200],
  ["POST", "/versions/", 200],
  ["GET", "/v1/images", 300],
  ["DELETE", "/v3", 300],
  ["GET", "/foo", 300],
  ["GET", "/v2.99/images", 300],
  ["GET", "/v2.07/images", 300],
  ["GET", "/v2.18/images", 300],
  ["GET", "/images", 300],
  ["GET", "/v2", 302],
  ["GET", "/v2.17", 302],
  ["GET", "/v2.12/images", 401],
  ["GET", "/v2/", 401],
  ["GET", "/v2/nothing", 401],
])("%s %s without a token answers %i", async (method, path, status) => {
  expect((await bare(method, path)).status).toBe(status);
});

test("the version document lists each version once, the newest as current, all at one place", async () => {
  const { versions } = await (await bare("GET", "/")).json<{ versions: Record<string, unknown>[] }>();
  expect(versions.map((version) => version.id)).toEqual(
    "v2.17 v2.15 v2.13 v2.12 v2.11 v2.10 v2.9 v2.8 v2.7 v2.6 v2.5 v2.4 v2.3 v2.2 v2.1 v2.0".split(" "),
  );
  expect(versions.map((version) => version.status)).toEqual(["CURRENT", ...Array(15).fill("SUPPORTED")]);
  expect(versions[5]).toEqual({
    id: "v2.10",
    status: "SUPPORTED",
    links: [{ rel: "self", href: "http://glimpse/v2/" }],
  });
});

test("links begin with the public URL where one is configured", async () => {
  const env = { PUBLIC_URL: "https://image.example.org/glance/" };
  const { body } = await ask("GET", "/versions", { env });
  expect(body.versions[0].links[0].href).toBe("https://image.example.org/glance/v2/");
  const redirect = await ask("GET", "/v2", { env });
  expect(redirect.headers.get("location")).toBe("https://image.example.org/glance/v2/");
});

test.each([
  ["/v2.0/images", {}],
  ["/v2.17/images", {}],
  ["/images", { accept: "application/vnd.openstack.images-v2" }],
  ["/images", { accept: "application/vnd.openstack.images-v2.5" }],
])("%s with %j is the list of v2", async (path, headers) => {
  expect((await ask("GET", path, { headers })).body).toMatchObject({ schema: "/v2/schemas/images" });
});

test.each([
  ["GET", {}, 200, "OK"],
  ["GET", { accept: "application/json" }, 200, '{"detailed":false,"reasons":["OK"]}'],
  ["GET", { accept: "text/html" }, 200, "<html><body>OK</body></html>"],
  ["HEAD", {}, 204, ""],
])("%s /healthcheck with %j answers %i %s", async (method, headers, status, body) => {
  const response = await bare(method, "/healthcheck", headers);
  expect([response.status, await response.text()]).toEqual([status, body]);
});

test("a health check of a wrong configuration names the settings and keeps their values to itself", async () => {
  const env = {
    STORES: [{ id: "os_glance_x", type: "memory" }],
    IDENTITY: { mode: "embedded" },
    TOKEN_SIGNING_KEY: "hush",
  };
  const response = await anonymous("GET", "/healthcheck", { accept: "application/json" }, env);
  const text = await response.text();
  expect(response.status).toBe(503);
  expect(text).toContain("STORES");
  expect(text).toContain("TOKEN_SIGNING_KEY");
  expect(text).not.toContain("hush");
  const elsewhere = await anonymous("GET", "/v2/images", {}, env);
  expect([elsewhere.status, (await elsewhere.text()).includes("STORES")]).toEqual([503, false]);
});
