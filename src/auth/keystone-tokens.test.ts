import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeKeystone, type FakeToken, inSeconds, tokenOf } from "../../test/support/fake-keystone.ts";
import { KeystoneClient } from "./keystone-client.ts";
import { KeystoneTokens } from "./keystone-tokens.ts";

const ASK = "GET /v3/auth/tokens";

function withKeystone(cacheSeconds = 60, most?: number) {
  const keystone = new FakeKeystone();
  const client = new KeystoneClient({
    authUrl: "http://keystone.example",
    auth: {},
    timeoutSeconds: 5,
    fetch: keystone.fetch,
  });
  return { keystone, tokens: new KeystoneTokens(client, cacheSeconds, most) };
}

const later = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

async function found(token: Partial<FakeToken>) {
  const { keystone, tokens } = withKeystone();
  keystone.tokens.set("t", tokenOf(token));
  return tokens.find("t", false);
}

test("a project's token gives its user, project and roles, in lower case and each once", async () => {
  const roles = [{ name: "Member" }, { name: "READER" }, { name: "reader" }];
  expect(await found({ roles })).toMatchObject({
    userId: "user",
    domainId: "default",
    projectId: "project",
    roles: ["member", "reader"],
  });
});

test.each<[string, object, object]>([
  ["unscoped", { roles: undefined }, { projectId: null, roles: [] }],
  ["a domain's", { domain: { id: "d" } }, { projectId: null, roles: [] }],
  ["the system's", { system: { all: true } }, { projectId: null, roles: ["member", "reader"] }],
])("a token that is %s has no project, and only the system's has roles", async (_scope, fields, expected) => {
  expect(await found({ project: undefined as never, ...fields })).toMatchObject(expected);
});

test("is_admin_project makes nobody an administrator", async () => {
  expect(await found({ is_admin_project: true })).toMatchObject({ roles: ["member", "reader"] });
});

test("an application credential's token is a token", async () => {
  const fields = {
    methods: ["application_credential"],
    application_credential: { id: "a", restricted: true },
  };
  expect(await found(fields)).toMatchObject({ projectId: "project" });
});

test("an answer is believed for as long as configured, from when it was asked for", async () => {
  const { keystone, tokens } = withKeystone(30);
  keystone.tokens.set("t", tokenOf());
  keystone.fault = (call) => {
    // Keystone takes its time: what it says is as old as the question.
    if (call === ASK) later(10);
    return undefined;
  };
  await tokens.find("t", false);
  keystone.tokens.delete("t");
  later(19.9);
  expect(await tokens.find("t", false)).toBeDefined();
  later(0.2);
  expect(await tokens.find("t", false)).toBeUndefined();
});

test("a token is not remembered past its end", async () => {
  const { keystone, tokens } = withKeystone(60);
  keystone.tokens.set("t", tokenOf({ expires_at: inSeconds(10) }));
  expect(await tokens.find("t", false)).toBeDefined();
  later(9.9);
  expect(await tokens.find("t", false)).toBeDefined();
  later(0.2);
  expect(await tokens.find("t", false)).toBeUndefined();
  expect(keystone.count(ASK)).toBe(2);
});

test("without a time to keep answers Keystone is asked every time", async () => {
  const { keystone, tokens } = withKeystone(0);
  keystone.tokens.set("t", tokenOf());
  await tokens.find("t", false);
  await tokens.find("t", false);
  expect(keystone.count(ASK)).toBe(2);
});

test("a no is remembered, but briefly", async () => {
  const { keystone, tokens } = withKeystone();
  expect(await tokens.find("t", false)).toBeUndefined();
  expect(await tokens.find("t", false)).toBeUndefined();
  expect(keystone.count(ASK)).toBe(1);
  keystone.tokens.set("t", tokenOf());
  later(5.1);
  expect(await tokens.find("t", false)).toBeDefined();
});

test("many who come with one token at once are one question", async () => {
  const { keystone, tokens } = withKeystone();
  keystone.tokens.set("t", tokenOf());
  const answers = await Promise.all(Array.from({ length: 20 }, () => tokens.find("t", false)));
  expect(answers.every((answer) => answer?.userId === "user")).toBe(true);
  expect(keystone.count(ASK)).toBe(1);
});

test("without a time to keep answers nobody is let in by the answer to an earlier question", async () => {
  const { keystone, tokens } = withKeystone(0);
  keystone.tokens.set("t", tokenOf());
  await Promise.all([tokens.find("t", false), tokens.find("t", false)]);
  expect(keystone.count(ASK)).toBe(2);
});

test("a slow answer lets in nobody who came later than it may be believed", async () => {
  const { keystone, tokens } = withKeystone(1);
  keystone.tokens.set("t", tokenOf());
  const asked = Promise.withResolvers<void>();
  const told = Promise.withResolvers<Response>();
  keystone.fault = (call) => {
    if (call !== ASK) return undefined;
    keystone.fault = undefined;
    asked.resolve();
    return told.promise;
  };
  const first = tokens.find("t", false);
  await asked.promise;
  keystone.tokens.delete("t");
  // Not so long that the first request counts as gone.
  later(1);
  const second = tokens.find("t", false);
  await vi.waitFor(() => expect(keystone.count(ASK)).toBe(2));
  told.resolve(Response.json({ token: tokenOf() }, subject));
  expect(await first).toBeDefined();
  expect(await second).toBeUndefined();
});

test("an expired token is found only when it is allowed, and is not remembered for who may not", async () => {
  const { keystone, tokens } = withKeystone();
  keystone.tokens.set("t", tokenOf({ expires_at: inSeconds(-10) }));
  expect(await tokens.find("t", false)).toBeUndefined();
  expect(await tokens.find("t", true)).toMatchObject({ userId: "user" });
  expect(await tokens.find("t", true)).toMatchObject({ userId: "user" });
  expect(await tokens.find("t", false)).toBeUndefined();
  expect(keystone.count(ASK)).toBe(2);
});

test("an expired token that Keystone lets pass all the same is not taken", async () => {
  const { keystone, tokens } = withKeystone();
  const token = tokenOf({ expires_at: inSeconds(-1) });
  keystone.fault = (call) =>
    call === ASK ? Response.json({ token }, { headers: { "x-subject-token": "t" } }) : undefined;
  expect(await tokens.find("t", false)).toBeUndefined();
});

test.each(["", " ", "a b", "tökén", "x".repeat(4097), "a\r\nx: y"])(
  "%j is no token to ask about",
  async (token) => {
    const { keystone, tokens } = withKeystone();
    expect(await tokens.find(token, false)).toBeUndefined();
    expect(keystone.count(ASK)).toBe(0);
  },
);

test("good tokens are not pushed out by those who try bad ones, and only so many are remembered", async () => {
  const { keystone, tokens } = withKeystone(60, 3);
  for (const token of ["a", "b", "c", "d"]) keystone.tokens.set(token, tokenOf());
  for (const token of ["b", "c", "d", "1", "2", "3", "4", "5"]) await tokens.find(token, false);
  const asked = keystone.count(ASK);
  for (const token of ["b", "c", "d", "5", "4"]) await tokens.find(token, false);
  expect(keystone.count(ASK)).toBe(asked);
  for (const token of ["a", "b", "1"]) await tokens.find(token, false);
  expect(keystone.count(ASK)).toBe(asked + 3);
});

const subject = { headers: { "x-subject-token": "t" } };
const saying =
  (token: unknown, init: ResponseInit = subject) =>
  () =>
    Response.json({ token }, init);
const { user, ...nobody } = tokenOf();

test.each<[string, () => Response]>([
  ["another token's", saying(tokenOf(), { headers: { "x-subject-token": "other" } })],
  ["no token's", saying(tokenOf(), {})],
  ["without a user", saying(nobody)],
  ["whose user has no id", saying(tokenOf({ user: { ...user, id: "" } }))],
  ["without an end", saying(tokenOf({ expires_at: undefined as never }))],
  ["whose end is no time", saying(tokenOf({ expires_at: "tomorrow" }))],
  ["whose roles are no list", saying(tokenOf({ roles: "admin" as never }))],
  ["whose roles have no names", saying(tokenOf({ roles: [{ id: "admin" } as never] }))],
  ["of two scopes", saying(tokenOf({ system: { all: true } }))],
  ["of a system that is not all", saying(tokenOf({ project: undefined as never, system: {} }))],
  ["no object", () => Response.json(["token"], subject)],
  ["no JSON", () => new Response("<html>", subject)],
  ["of another status", saying(tokenOf(), { ...subject, status: 203 })],
  ["a 404 of something that is no Keystone", () => new Response("Not Found", { status: 404 })],
  ["a 404 in another's JSON", () => Response.json({ message: "no" }, { status: 404 })],
  ["a 403", () => Response.json({ error: { code: 403 } }, { status: 403 })],
  ["a 400", () => Response.json({ error: { code: 400 } }, { status: 400 })],
])("an answer that is %s is no token, nor a no, and is not remembered", async (_what, fault) => {
  const { keystone, tokens } = withKeystone();
  keystone.tokens.set("t", tokenOf());
  keystone.fault = (call) => (call === ASK ? fault() : undefined);
  await expect(tokens.find("t", false)).rejects.toMatchObject({ kind: "unavailable" });
  keystone.fault = undefined;
  expect(await tokens.find("t", false)).toMatchObject({ userId: "user" });
});

test("what was found is good while Keystone is away, for its time", async () => {
  const { keystone, tokens } = withKeystone(60);
  keystone.tokens.set("t", tokenOf());
  await tokens.find("t", false);
  keystone.fault = () => Promise.reject(new TypeError("connection refused"));
  later(59);
  expect(await tokens.find("t", false)).toBeDefined();
  await expect(tokens.find("another", false)).rejects.toMatchObject({ kind: "unavailable" });
  later(2);
  await expect(tokens.find("t", false)).rejects.toMatchObject({ kind: "unavailable" });
});
