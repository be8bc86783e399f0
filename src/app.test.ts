import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { ask } from "../test/support/catalogue.ts";
import { app } from "./app.ts";

test("a request without a token is refused in the form its Accept asks for", async () => {
  const response = await exports.default.fetch("http://glimpse/v2/images", { headers: { accept: "*/*" } });
  expect(response.status).toBe(401);
  expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
  expect(await env.DB.prepare("select count(*) n from images").first("n")).toBe(0);
});

describe("every answer carries a request id, and may be kept by nobody", () => {
  const fetched = (path: string, headers: Record<string, string> = {}, more: Record<string, unknown> = {}) =>
    app.request(`http://glimpse${path}`, { headers }, { ...env, ...more });
  const LONG = "x".repeat(65);

  test.each([
    ["the versions", 300, () => fetched("/")],
    ["a path that is none", 404, () => fetched("/identity/nothing")],
    ["a request without a token", 401, () => fetched("/v2/images")],
    [
      "a request whose own id is too long",
      431,
      () => fetched("/v2/images", { "x-openstack-request-id": LONG }),
    ],
    ["a service that is not configured", 503, () => fetched("/v2/images", {}, { STORES: [] })],
    ["the health check of one", 503, () => fetched("/healthcheck", {}, { STORES: [] })],
  ])("%s: %i", async (_name, status, request) => {
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers.get("x-openstack-request-id")).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
  });

  test.each([
    ["req-mine", "req-mine"],
    ["mine", "req-mine"],
    ["x".repeat(64), `req-${"x".repeat(64)}`],
  ])("the caller's own id %s comes back as %s", async (given, answered) => {
    const response = await fetched("/", { "x-openstack-request-id": given });
    expect(response.headers.get("x-openstack-request-id")).toBe(answered);
  });

  test("an id that not every header and log would take is replaced by a new one", async () => {
    const response = await fetched("/", { "x-openstack-request-id": "a b" });
    expect(response.headers.get("x-openstack-request-id")).toMatch(/^req-[0-9a-f-]{36}$/);
  });
});

describe("a catalogue that cannot be asked", () => {
  const failing = (message: string, properties: object = {}) => ({
    DB: new Proxy(env.DB, {
      get: () => () => {
        throw Object.assign(new Error(message), properties);
      },
    }),
  });

  test.each([
    ["D1_ERROR: Network connection lost.", {}],
    ["D1_ERROR: D1 DB is overloaded. Requests queued for too long.", {}],
    ["D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.", {}],
    ["D1_ERROR: database or disk is full: SQLITE_FULL", {}],
    ["Network connection lost.", { retryable: true }],
  ])("%s: 503", async (message, properties) => {
    const answer = await ask("GET", "/v2/images", { env: failing(message, properties) });
    expect(answer.status).toBe(503);
    expect(answer.body.message).not.toContain(message);
  });

  test.each(["D1_ERROR: no such column: x: SQLITE_ERROR", "x is not a function"])(
    "%s is a bug: 500, which tells nothing of it",
    async (message) => {
      const answer = await ask("GET", "/v2/images", { env: failing(message) });
      expect(answer.status).toBe(500);
      expect(answer.body.message).not.toContain(message);
    },
  );
});
