import { env } from "cloudflare:test";
import { expect, test } from "vitest";
import { AUTHORIZATION } from "../../protocol/headers.ts";
import { type Env, readConfig } from "../env.ts";
import { openStores, ownerOf } from "./open.ts";

const secret = "a secret that only tests use, long enough";
const site = (id: string, relay: string) => ({ id, type: "relay", kind: "file", path: `/${id}`, relay });

test("a relay is asked at its own url, through its own binding, signed with the first of its own keys", async () => {
  const asked: { by: string; url: string; signed: string | null }[] = [];
  const boundTo = (by: string) => ({
    fetch: async (url: string, init: RequestInit) => {
      asked.push({ by, url, signed: new Headers(init.headers).get(AUTHORIZATION) });
      return Response.json({ size: 1 });
    },
  });
  const bound = {
    ...env,
    STORES: [site("here", "north"), site("there", "south")],
    RELAYS: [
      { id: "north", url: "http://north.invalid", binding: "NORTH" },
      { id: "south", url: "http://south.invalid", binding: "SOUTH" },
    ],
    RELAY_KEYS: [
      { relay: "south", id: "s2", secret },
      { relay: "north", id: "n1", secret },
      { relay: "south", id: "s1", secret },
    ],
    NORTH: boundTo("NORTH"),
    SOUTH: boundTo("SOUTH"),
  } as unknown as Env;
  const read = readConfig(bound);
  if (!read.ok) throw new Error(read.problems.join());

  const stores = openStores(read.config, bound);
  await stores.get("there")?.stat("file:///there/a");
  await stores.get("here")?.stat("file:///here/b");

  expect(asked).toEqual([
    {
      by: "SOUTH",
      url: expect.stringMatching(/^http:\/\/south\.invalid\//),
      signed: expect.stringContaining("key=s2,"),
    },
    {
      by: "NORTH",
      url: expect.stringMatching(/^http:\/\/north\.invalid\//),
      signed: expect.stringContaining("key=n1,"),
    },
  ]);
});

test("a bucket's locations are known with its scheme's two names, with its host, port and bucket", () => {
  const s3 = (id: string, endpoint: string) => ({
    id,
    type: "s3",
    endpoint,
    bucket: "bkt",
    accessKeyId: "AK",
  });
  const read = readConfig({
    ...env,
    STORES: [s3("plain", "http://h:1"), s3("tls", "https://h/p")],
    STORE_SECRETS: ["plain", "tls"].map((store) => ({ store, secret })),
  } as unknown as Env);
  if (!read.ok) throw new Error(read.problems.join());
  const owner = (url: string) => ownerOf(read.config.stores, url)?.id;
  expect(["s3://h:1/bkt/k", "s3+http://h:1/bkt/k", "s3+https://h/p/bkt/k"].map(owner)).toEqual([
    "plain",
    "plain",
    "tls",
  ]);
  for (const other of [
    "s3://h/bkt/k",
    "s3+https://h:1/bkt/k",
    "s3://h:1/other/k",
    "s3+https://h/bkt/k",
    "s3+https:/h/p/bkt/k",
  ])
    expect(owner(other)).toBeUndefined();
  const plain = openStores(read.config, env).get("plain");
  expect(
    plain && "locationOf" in plain && (plain as { locationOf(key: string): string }).locationOf("k"),
  ).toBe("s3://h:1/bkt/k");
});

test("a Swift's locations are known by reference and, with its user or none, by where one logs in", () => {
  const swift = (id: string, more: object) => ({ id, type: "swift", user: "glance", ...more });
  const read = readConfig({
    ...env,
    STORES: [
      swift("v3", { authUrl: "https://k:5000", projectName: "service", containerSeed: 2 }),
      swift("v1", { authUrl: "http://s/auth/v1.0", authVersion: 1, reference: "two" }),
    ],
    STORE_SECRETS: ["v3", "v1"].map((store) => ({ store, secret })),
  } as unknown as Env);
  if (!read.ok) throw new Error(read.problems.join());
  const owner = (url: string) => ownerOf(read.config.stores, url)?.id;
  expect(
    [
      "swift+config://ref1/glance/k",
      "SWIFT+HTTPS://service%3Aglance:old@k:5000/v3/glance_ab/ab1",
      "swift://k:5000/glance/k",
      "swift+config://two/glance/k",
      "swift+http://glance:old@s/auth/v1.0/glance/k",
    ].map(owner),
  ).toEqual(["v3", "v3", "v3", "v1", "v1"]);
  for (const other of [
    "swift+config://three/glance/k",
    "swift+https://service%3Aother:old@k:5000/glance/k",
    "swift+http://k:5000/glance/k",
    "swift+http://s/auth/v1.0/other/k",
  ])
    expect(owner(other), other).toBeUndefined();
  const v3 = openStores(read.config, env).get("v3");
  expect(v3 && "locationOf" in v3 && (v3 as { locationOf(key: string): string }).locationOf("abc")).toBe(
    "swift+config://ref1/glance_ab/abc",
  );
});
