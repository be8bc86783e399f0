import { expect, test, vi } from "vitest";
import { FakeKeystone } from "../../test/support/fake-keystone.ts";
import { KeystoneClient } from "./keystone-client.ts";

const LOGIN = "POST /v3/auth/tokens";

function withKeystone(options: { authUrl?: string; timeoutSeconds?: number } = {}) {
  const keystone = new FakeKeystone();
  const client = new KeystoneClient({
    authUrl: "https://keystone.example/",
    auth: { who: "glimpse" },
    timeoutSeconds: 5,
    fetch: keystone.fetch,
    ...options,
  });
  return { keystone, client };
}

const unavailable = { kind: "unavailable", message: expect.stringContaining("identity service") };

test("it logs in once and asks with that token, below /v3 whether or not the address names it", async () => {
  for (const authUrl of ["https://keystone.example", "https://keystone.example/v3/"]) {
    const { keystone, client } = withKeystone({ authUrl });
    expect(await client.get("/limits?a=b")).toMatchObject({ status: 200, body: { path: "/v3/limits" } });
    await client.get("/limits");
    expect(keystone.calls).toEqual([LOGIN, "GET /v3/limits", "GET /v3/limits"]);
    expect(keystone.bodies).toEqual([{ auth: { who: "glimpse" } }]);
  }
});

test("many who need a token at once are one login", async () => {
  const { keystone, client } = withKeystone();
  await Promise.all(Array.from({ length: 20 }, () => client.get("/limits")));
  expect(keystone.count(LOGIN)).toBe(1);
});

test("a token is renewed before it ends", async () => {
  const { keystone, client } = withKeystone();
  keystone.ownSeconds = 300;
  await client.get("/limits");
  vi.useFakeTimers({ now: Date.now() + 239_000, toFake: ["Date"] });
  await client.get("/limits");
  expect(keystone.count(LOGIN)).toBe(1);
  vi.setSystemTime(Date.now() + 2_000);
  await client.get("/limits");
  expect(keystone.count(LOGIN)).toBe(2);
  vi.useRealTimers();
});

test("a token that Keystone no longer takes is got anew, once for everybody, and the question asked again", async () => {
  const { keystone, client } = withKeystone();
  await client.get("/limits");
  keystone.own.clear();
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.get("/limits")));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(keystone.count(LOGIN)).toBe(2);
});

test("a Keystone that takes no token of its own is not asked without end", async () => {
  const { keystone, client } = withKeystone();
  keystone.fault = (call) => {
    keystone.own.clear();
    return call === LOGIN ? undefined : Response.json({}, { status: 401 });
  };
  await expect(client.get("/limits")).rejects.toMatchObject(unavailable);
  expect(keystone.count(LOGIN)).toBe(2);
});

test("credentials that are refused are not tried again at once, lest Keystone locks the user out", async () => {
  const { keystone, client } = withKeystone();
  keystone.refusesLogins = true;
  for (let i = 0; i < 5; i++) await expect(client.get("/limits")).rejects.toMatchObject(unavailable);
  expect(keystone.count(LOGIN)).toBe(1);
  keystone.refusesLogins = false;
  vi.useFakeTimers({ now: Date.now() + 5_001, toFake: ["Date"] });
  expect((await client.get("/limits")).status).toBe(200);
  vi.useRealTimers();
});

test.each<[string, () => Response | Promise<Response>]>([
  ["is an error of the server", () => new Response("oops", { status: 500 })],
  ["is a proxy's 503", () => new Response("<html>", { status: 503 })],
  ["is too many requests", () => new Response("", { status: 429 })],
  ["is a redirect", () => Response.redirect("https://elsewhere.example/v3/auth/tokens", 302)],
  ["never comes, for the connection is refused", () => Promise.reject(new TypeError("connection refused"))],
  ["has no end", () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) }))],
])("a Keystone whose answer %s is unavailable, to a login and to a question", async (_what, fault) => {
  const first = withKeystone();
  first.keystone.fault = fault;
  await expect(first.client.get("/limits")).rejects.toMatchObject(unavailable);
  const second = withKeystone();
  second.keystone.fault = (call) => (call === LOGIN ? undefined : fault());
  await expect(second.client.get("/limits")).rejects.toMatchObject(unavailable);
});

test.each<[string, () => Response]>([
  [
    "no token in its header",
    () => Response.json({ token: { expires_at: "2999-01-01T00:00:00Z" } }, { status: 201 }),
  ],
  ["no JSON", () => new Response("<html>", { status: 201, headers: { "x-subject-token": "a" } })],
  [
    "no end of the token",
    () => Response.json({ token: {} }, { status: 201, headers: { "x-subject-token": "a" } }),
  ],
  [
    "a token that has ended",
    () =>
      Response.json(
        { token: { expires_at: "2001-01-01T00:00:00Z" } },
        { status: 201, headers: { "x-subject-token": "a" } },
      ),
  ],
  ["a status that is no 201", () => Response.json({}, { headers: { "x-subject-token": "a" } })],
])("a login's answer with %s gives no token", async (_what, fault) => {
  const { keystone, client } = withKeystone();
  keystone.fault = (call) => (call === LOGIN ? fault() : undefined);
  await expect(client.get("/limits")).rejects.toMatchObject(unavailable);
  expect(keystone.calls).toEqual([LOGIN]);
});

test.each([
  ["never answers", () => new Promise<Response>(() => {})],
  [
    "stops in the middle of its answer",
    () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
  ],
])("a Keystone that %s is given up in time", async (_what, fault) => {
  const { keystone, client } = withKeystone({ timeoutSeconds: 0.05 });
  keystone.fault = fault;
  await expect(client.get("/limits")).rejects.toMatchObject(unavailable);
  expect(keystone.calls).toHaveLength(1);
});

test("a login and the question after it have one time between them", async () => {
  const { keystone, client } = withKeystone({ timeoutSeconds: 0.2 });
  keystone.fault = async () => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return undefined;
  };
  await expect(client.get("/limits")).rejects.toMatchObject(unavailable);
});

test("nothing is followed to where it is redirected", async () => {
  const { keystone, client } = withKeystone();
  const modes: unknown[] = [];
  keystone.fault = (_call, init) => void modes.push(init.redirect);
  await client.get("/limits");
  expect(modes).toEqual(["manual", "manual"]);
});

test("a connection that had ended is not the end of a question", async () => {
  const { keystone, client } = withKeystone();
  await client.get("/limits");
  let failures = 1;
  keystone.fault = () =>
    failures-- > 0 ? Promise.reject(new TypeError("Network connection lost.")) : undefined;
  expect((await client.get("/limits")).status).toBe(200);
});

test("the cause, which is logged, names neither a token nor the credentials", async () => {
  const { keystone, client } = withKeystone();
  await client.get("/limits");
  keystone.fault = () => new Response("", { status: 500 });
  const error = await client.get("/limits", { "x-subject-token": "secret" }).catch((e: Error) => e);
  expect(String((error as Error).cause)).toContain("500");
  expect(JSON.stringify([String(error), String((error as Error).cause)])).not.toMatch(/own-1|secret|glimpse/);
});
