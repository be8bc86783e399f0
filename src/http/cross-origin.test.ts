import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { ask } from "../../test/support/catalogue.ts";
import { contract } from "../../test/support/held.ts";
import { app } from "../app.ts";

const PAGE = "https://console.example.org";
const ALLOWED = { CORS: { allowedOrigins: [PAGE, "http://localhost:8080"] } };

const asked = (method: string, path: string, headers: Record<string, string>, more: object = ALLOWED) =>
  app.request(`http://glimpse${path}`, { method, headers }, { ...env, ...more });
const preflight = (method: string, headers: Record<string, string> = {}, more?: object) =>
  asked(
    "OPTIONS",
    "/v2/images/x/file",
    { origin: PAGE, "access-control-request-method": method, ...headers },
    more,
  );

const said = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name === "vary" || name.startsWith("access-control-")));

describe("an answer to a page of an allowed origin lets it read what it needs:", () => {
  const failing = () => {
    throw new Error("a bug");
  };

  test.each([
    ["a list", 200, () => ask("GET", "/v2/images", { headers: { origin: PAGE }, env: ALLOWED })],
    ["no token", 401, () => asked("GET", "/v2/images", { origin: PAGE })],
    [
      "an image that is none",
      404,
      () => ask("GET", "/v2/images/x", { headers: { origin: PAGE }, env: ALLOWED }),
    ],
    [
      "a method that is none",
      405,
      () => ask("PUT", "/v2/images", { headers: { origin: PAGE }, env: ALLOWED }),
    ],
    [
      "a long request id",
      431,
      () => asked("GET", "/", { origin: PAGE, "x-openstack-request-id": "x".repeat(65) }),
    ],
    [
      "a bug",
      500,
      () =>
        ask("GET", "/v2/images", {
          headers: { origin: PAGE },
          env: { ...ALLOWED, DB: new Proxy(env.DB, { get: () => failing }) },
        }),
    ],
  ])("%s: %i", async (_what, status, request) => {
    const answer = await request();
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
    expect(answer.headers.get("vary")).toBe("Origin");
    const exposed = answer.headers.get("access-control-expose-headers")?.split(", ");
    for (const name of ["X-Subject-Token", "X-OpenStack-Request-ID", "Location", "Content-Range", "ETag"])
      expect(exposed).toContain(name);
  });
});

test("what a page is told is in the document, beside the answer that it is told with", async () => {
  const target = "/v2/images";
  const page = { origin: PAGE, accept: "application/json" };
  for (const { status, headers } of [
    await ask("GET", target, { headers: page, env: ALLOWED }),
    await asked("GET", target, page),
  ]) {
    const exchange = { method: "GET", target, sent: new Headers({ "x-auth-token": "t" }), status };
    expect(contract.problemsOf({ ...exchange, headers })).toEqual([]);
    const more = new Headers([...headers, ["access-control-allow-private-network", "true"]]);
    expect(contract.problemsOf({ ...exchange, headers: more })).toEqual([
      "The header access-control-allow-private-network is not described.",
    ]);
  }
});

test.each([
  ["another origin", { origin: "https://evil.example.org" }, ALLOWED, { vary: "Origin" }],
  ["an origin that only begins like one", { origin: `${PAGE}.evil.org` }, ALLOWED, { vary: "Origin" }],
  ["a page that has none", { origin: "null" }, ALLOWED, { vary: "Origin" }],
  ["who is no page", {}, ALLOWED, { vary: "Origin" }],
  ["anybody, where no origin is allowed", { origin: PAGE }, {}, {}],
])("%s is told nothing", async (_who, headers: Record<string, string>, more, expected) => {
  expect(said((await asked("GET", "/", headers, more)).headers)).toEqual(expected);
});

test("where all origins are allowed every answer is alike, and no credentials go with it", async () => {
  const all = { CORS: { allowedOrigins: ["*"], exposeHeaders: [] } };
  const { headers } = await asked("GET", "/", { origin: "https://anywhere.example.org" }, all);
  expect(said(headers)).toEqual({ "access-control-allow-origin": "*" });
  // One that a cache keeps is then right for the next page too.
  expect(said((await asked("GET", "/", {}, all)).headers)).toEqual({ "access-control-allow-origin": "*" });
});

test("a preflight is answered without a token, with what may be sent", async () => {
  const answer = await preflight("PUT", {
    "access-control-request-headers": "content-type, X-Auth-Token,x-image-meta-store",
  });
  expect([answer.status, await answer.text()]).toEqual([204, ""]);
  expect(said(answer.headers)).toEqual({
    "access-control-allow-origin": PAGE,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, PUT, POST, DELETE, PATCH",
    "access-control-allow-headers": "content-type, x-auth-token, x-image-meta-store",
    "access-control-max-age": "3600",
    vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
  });
});

test("a preflight is answered as configured", async () => {
  const CORS = { ...ALLOWED.CORS, allowCredentials: false, allowMethods: ["GET"], maxAgeSeconds: 5 };
  const answer = await preflight("GET", {}, { CORS });
  expect(said(answer.headers)).toMatchObject({
    "access-control-allow-methods": "GET",
    "access-control-max-age": "5",
  });
  expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
});

describe("what is no preflight that may be is the API's to answer:", () => {
  const request = { "access-control-request-method": "GET" };

  test.each<[string, Record<string, string>, object]>([
    ["another origin", { origin: "https://evil.example.org", ...request }, ALLOWED],
    ["no origin", request, ALLOWED],
    ["no method that is asked for", { origin: PAGE }, ALLOWED],
    ["a method that is not allowed", { origin: PAGE, "access-control-request-method": "TRACE" }, ALLOWED],
    [
      "a header that is not allowed",
      { origin: PAGE, ...request, "access-control-request-headers": "x-auth-token, x-forwarded-for" },
      ALLOWED,
    ],
    ["nothing is configured", { origin: PAGE, ...request }, {}],
  ])("%s", async (_what, headers, more) => {
    const stranger = await asked("OPTIONS", "/v2/images", headers, more);
    expect(stranger.status).toBe(401);
    const answer = await ask("OPTIONS", "/v2/images", { headers, env: { ...more } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, POST"]);
    expect(answer.headers.has("access-control-allow-methods")).toBe(false);
  });
});
