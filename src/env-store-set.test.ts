import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";
import { defaultStore, problemsOfSet } from "./env-store-set.ts";
import { isWritable } from "./stores/contract.ts";
import { openStores } from "./stores/open.ts";

const SECRET = "a secret that only tests use, long enough";
const s3 = (id: string, more: object = {}) => ({
  ...{ id, type: "s3", endpoint: "https://s3.example.org", bucket: "images", accessKeyId: "AK" },
  ...more,
});
const r2 = (id: string, more: object = {}) => ({ id, type: "r2", ...more });
const web = { id: "web", type: "http" };
const file = (id: string, path: string, relay = "r") => ({ id, type: "relay", kind: "file", path, relay });

const read = (...STORES: { id: string; type: string }[]) =>
  readConfig({
    ...env,
    STORES,
    STORE_SECRETS: STORES.filter(({ type }) => type === "s3").map(({ id }) => ({ store: id, secret: "s" })),
    RELAYS: ["r", "q"].map((id) => ({ id, url: "http://127.0.0.1:1" })),
    RELAY_KEYS: ["r", "q"].map((relay) => ({ relay, id: relay, secret: SECRET })),
  } as unknown as Env);
const problemsOf = (...stores: { id: string; type: string }[]) => {
  const result = read(...stores);
  return result.ok ? "" : result.problems.join("\n");
};

test.each<[string, { id: string; type: string }[], string]>([
  ["one id", [r2("a"), { id: "a", type: "memory" }], "STORES has two stores of one id, a"],
  ["the one bucket that is bound", [r2("a"), r2("b", { bucket: "x" })], "has a and b both in the R2 bucket"],
  [
    "one bucket",
    [s3("a"), s3("b", { endpoint: "https://S3.example.org:443/", region: "eu" })],
    "STORES has a and b both in the bucket images of s3.example.org",
  ],
  ["one directory", [file("a", "/srv"), file("b", "/srv")], "STORES has a and b both in /srv at the relay r"],
  [
    "two defaults",
    [r2("a", { default: true }), s3("b", { default: true })],
    "STORES has two default stores, a and b",
  ],
  [
    "a default that is only read",
    [s3("b"), r2("a", { default: true, readOnly: true })],
    "STORES has a, which is the default and cannot be written",
  ],
  [
    "a first store that is only read, and no default",
    [web, r2("a")],
    "STORES has web, which is first, and so the default, but cannot be written",
  ],
])("stores with %s are refused, each by its id", (_what, stores, problem) => {
  expect(problemsOf(...stores)).toBe(problem.startsWith("STORES") ? problem : `STORES ${problem}`);
});

test("all that is wrong with a set is said at once, beside what is wrong with each", () => {
  const text = problemsOf(r2("a", { default: true }), r2("a", { default: true }), s3("b", { bucket: "" }));
  for (const part of ["one id, a", "a and a both in", "two default stores", "STORES.2.bucket"])
    expect(text).toContain(part);
});

test("stores of many kinds stand beside one another, apart by whatever is different", () => {
  expect(
    problemsOf(
      ...[r2("a"), s3("b"), s3("c", { bucket: "more" }), s3("d", { endpoint: "https://s3.example.org/t" })],
      ...[file("e", "/srv"), file("f", "/srv", "q"), file("g", "/srv/more"), web, { ...web, id: "web2" }],
    ),
  ).toBe("");
});

test("two pools of a cluster, or containers of an account, are two places", () => {
  const rbd = (id: string, pool?: string) => ({ id, type: "rbd", fsid: "f", ...(pool ? { pool } : {}) });
  const swift = (id: string, container?: string) => ({
    ...{ id, type: "swift", authUrl: "http://swift/auth/v1.0", user: "u" },
    ...(container ? { container } : {}),
    reference: id,
  });
  expect(problemsOfSet([rbd("a"), rbd("b", "more"), swift("c"), swift("d", "more")])).toEqual([]);
  expect(problemsOfSet([rbd("a"), rbd("b", "images"), swift("c"), swift("d", "glance")])).toEqual([
    "has a and b both in the pool images of f",
    "has c and d both in the container glance of u at swift/auth/v1.0",
  ]);
});

test("the default is the one that says so, else the first", () => {
  const stores = [r2("a"), s3("b", { default: true })];
  expect(defaultStore(stores)?.id).toBe("b");
  expect(defaultStore(stores.slice(0, 1))?.id).toBe("a");
});

test("a store that is only to be read is opened so that nothing else can be done to it", () => {
  const result = read(r2("a"), s3("b", { readOnly: true }));
  if (!result.ok) throw new Error(result.problems.join());
  const stores = openStores(result.config, env);
  expect([isWritable(stores.get("a")), isWritable(stores.get("b"))]).toEqual([true, false]);
});
