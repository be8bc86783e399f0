import { env } from "cloudflare:test";
import { expect, test } from "vitest";
import { AUTHORIZATION } from "../../protocol/headers.ts";
import { type Env, readConfig } from "../env.ts";
import { openStores } from "./open.ts";

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
