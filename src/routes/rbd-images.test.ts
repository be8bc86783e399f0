import { beforeEach, describe, expect, test } from "vitest";
import { admin, ask, created, PATCH_TYPE } from "../../test/support/catalogue.ts";
import { locationRows } from "../../test/support/images.ts";
import { aWebServer } from "../../test/support/web-server.ts";

const FSID = "99a3b501-a5f5-4b36-b196-0010dbce8dc7";
const web = aWebServer();

/** What the relay says keeps an image; undefined: it does not answer. */
let dependents: readonly string[] | undefined;
const asked: string[] = [];
beforeEach(() => {
  dependents = [];
  asked.length = 0;
});

const relay = {
  fetch: async (url: string) => {
    const { pathname, searchParams } = new URL(url);
    asked.push(`${pathname.split("/").slice(5).join("/")} ${searchParams.get("location") ?? ""}`.trim());
    if (!pathname.endsWith("/dependents")) return Response.json({ size: 9 });
    if (!dependents) throw new Error("the relay is away");
    return Response.json({ names: dependents });
  },
};

const env = {
  STORES: [
    { id: "file", type: "memory" },
    { id: "ceph", type: "relay", kind: "rbd", relay: "site", fsid: FSID },
    { id: "web", type: "http", allow: ["127.0.0.1"] },
  ],
  RELAYS: [{ id: "site", url: "http://site.invalid", binding: "SITE" }],
  RELAY_KEYS: [{ relay: "site", id: "k", secret: "a secret that only tests use, long enough" }],
  SITE: relay,
  LOCATIONS: { showMultipleLocations: true },
};

const locationOf = (image: string, snapshot = "snap") => `rbd://${FSID}/images/${image}/${snapshot}`;
const call = (method: string, path: string, more: object = {}) =>
  ask(method, path, { as: admin(), env, ...more });

const patch = (id: string, ...body: readonly object[]) =>
  call("PATCH", `/v2/images/${id}`, { body, headers: { "content-type": PATCH_TYPE } });
const adding = (url: string) => ({ op: "add", path: "/locations/-", value: { url, metadata: {} } });

async function imageAt(...urls: readonly string[]): Promise<string> {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  expect(await patch(id, ...urls.map(adding))).toMatchObject({ status: 200 });
  asked.length = 0;
  return id;
}

test("a location in the pool is the store's, under the name that Nova gave it", async () => {
  const id = await imageAt(locationOf("a"));
  expect((await locationRows(id)).map(({ url }) => url)).toEqual([locationOf("a")]);
  expect((await call("GET", `/v2/images/${id}`)).body).toMatchObject({
    status: "active",
    stores: "ceph",
    size: 9,
  });
});

test.each([
  `rbd://${FSID}/volumes/a/snap`,
  "rbd://00000000-a5f5-4b36-b196-0010dbce8dc7/images/a/snap",
  `rbd://${FSID}/images/a`,
])("a location elsewhere is refused so that Nova uploads the snapshot instead: %s", async (url) => {
  const { id } = await created({ disk_format: "raw", container_format: "bare" });
  expect((await call("POST", `/v2/images/${id}/locations`, { body: { url } })).status).toBe(403);
  expect((await patch(id, adding(url))).status).toBe(400);
});

describe("an image that clones depend on", () => {
  const names = ["volumes/volume-1", "vms/disk-2"];

  test("is not deleted, and the answer names them", async () => {
    const id = await imageAt(locationOf("a"));
    dependents = names;
    const { body, status } = await call("DELETE", `/v2/images/${id}`);
    expect([status, JSON.stringify(body)]).toEqual([409, expect.stringContaining(names.join(", "))]);
    expect((await call("GET", `/v2/images/${id}`)).body).toMatchObject({ status: "active" });
    dependents = [];
    expect((await call("DELETE", `/v2/images/${id}`)).status).toBe(204);
  });

  test("keeps that copy, and gives up another", async () => {
    const id = await imageAt(web.keep(9), locationOf("b"));
    dependents = names;
    expect((await patch(id, { op: "remove", path: "/locations/1" })).status).toBe(409);
    expect((await call("DELETE", `/v2/stores/ceph/${id}`)).status).toBe(409);
    expect((await call("DELETE", `/v2/stores/web/${id}`)).status).toBe(204);
  });

  test("is asked for where its bytes are, whatever named them", async () => {
    const id = await imageAt(locationOf("c", "first"));
    await call("DELETE", `/v2/images/${id}`);
    expect(asked[0]).toBe(`c/dependents ${locationOf("c", "first")}`);
  });
});

test("an image is kept while nobody can say whether clones depend on it", async () => {
  const id = await imageAt(locationOf("d"));
  dependents = undefined;
  expect((await call("DELETE", `/v2/images/${id}`)).status).toBe(503);
  expect((await call("GET", `/v2/images/${id}`)).body).toMatchObject({ status: "active" });
});
