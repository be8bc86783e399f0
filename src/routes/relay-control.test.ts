import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Control, SITE, SITE_PROOF, type UploadGrant } from "../../protocol/control.ts";
import { signSite } from "../../protocol/site.ts";
import { member, reader, tokenOf } from "../../test/support/catalogue.ts";
import { getData, keysOf } from "../../test/support/image-data.ts";
import { givenImage, imageRow } from "../../test/support/images.ts";
import {
  type Asking,
  asked,
  boot,
  CARRIED,
  HASHES,
  IN_R2,
  KEY,
  NEXT_KEY,
  NOW,
  OTHER_KEY,
  send,
  uploadHeaders,
  WRITTEN,
} from "../../test/support/relay-requests.ts";
import { coordinatorOf } from "../durable/coordinator-of.ts";
import { configOf } from "../env.ts";
import type { ImageStore } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";

let image: string;

beforeEach(async () => {
  image = await givenImage();
});

async function begun(more: Record<string, string> = {}, asking: Asking = {}) {
  const answer = await asked({ what: "uploads", image }, { json: uploadHeaders(more), ...asking });
  expect(answer.status).toBe(201);
  return answer.body as Extract<UploadGrant, { how: "store" | "parts" }>;
}

describe("an upload through a relay", () => {
  test("into its own store is granted with a key, and active when the relay has completed it", async () => {
    const grant = await begun({ "content-length": "5" });
    expect(grant).toMatchObject({ how: "store", store: "file", key: image, size: 5, hashAlgo: "sha512" });
    expect(await imageRow(image)).toMatchObject({ status: "saving", size: 5 });
    const { lease } = grant;
    expect(await asked({ what: "heartbeat", image, lease }, { json: {} })).toMatchObject({ status: 204 });
    const complete = () => asked({ what: "complete", image, lease }, { json: WRITTEN });
    expect(await complete()).toMatchObject({ status: 204, forClient: true });
    expect(await imageRow(image)).toMatchObject({ status: "active", size: 5 });
    expect(await complete()).toMatchObject({ status: 204 });
  });

  test("into a store to which it carries bytes is granted as into its own; another relay sends parts", async () => {
    const vars = CARRIED;
    const grant = await begun({ "content-length": "5" }, { vars });
    expect(grant).toMatchObject({ how: "store", store: "file", key: image, size: 5 });
    const { lease } = grant;
    const completed = await asked({ what: "complete", image, lease }, { json: WRITTEN, vars });
    expect(completed).toMatchObject({ status: 204 });
    const places = async (asking: Asking) => (await asked({ what: "file", image }, asking)).body.locations;
    expect(await places({ vars })).toMatchObject([{ store: "file" }]);
    expect(await places({ vars, key: OTHER_KEY })).toEqual([]);
    image = await givenImage();
    expect(await begun({}, { vars, key: OTHER_KEY })).toMatchObject({ how: "parts" });
  });

  test("gets the image's id for its key where the relay says that nothing is under that, and else the store is asked", async () => {
    const configured = configOf(env);
    if (!configured.ok) throw new Error(configured.problems.join());
    const store = openStores(configured.config, env).get("file") as ImageStore;
    const keyWith = async (unusedOf: (id: string) => unknown) => {
      image = await givenImage();
      await store.put(image, new Blob(["of somebody else"]).stream());
      const { lease, ...grant } = await begun(
        {},
        { json: { ...uploadHeaders({}), unused: unusedOf(image) } },
      );
      return { lease, key: grant.how === "store" && grant.key.replace(image, "ID") };
    };
    expect(await keyWith((key) => ({ key, stores: ["file"] }))).toMatchObject({ key: "ID" });
    expect(await keyWith((key) => ({ key, stores: ["r2"] }))).toMatchObject({ key: "ID.2" });
    expect(await keyWith(() => ({ key: "another", stores: ["file"] }))).toMatchObject({ key: "ID.2" });
    expect(await keyWith(() => undefined)).toMatchObject({ key: "ID.2" });
  });

  test("into R2 goes in parts, which become one object", async () => {
    const grant = await begun(IN_R2);
    const { lease } = grant;
    const partBytes = grant.how === "parts" ? grant.partBytes : 0;
    const parts = ["x".repeat(partBytes), "image"];
    for (const [i, part] of parts.entries())
      expect(await asked({ what: "part", image, lease, number: i + 1 }, { part })).toMatchObject({
        status: 204,
      });
    expect(await keysOf(image)).toEqual([]);
    const size = partBytes + 5;
    const completed = await asked({ what: "complete", image, lease }, { json: { ...WRITTEN, size } });
    expect(completed).toMatchObject({ status: 204 });
    expect(await keysOf(image)).toEqual([`r2/${image}`]);
    const { text } = await getData(image, { headers: { range: `bytes=${partBytes - 1}-` } });
    expect(text).toBe("ximage");
  });

  test("of no bytes into R2 becomes an empty object", async () => {
    const { lease } = await begun(IN_R2);
    const completed = await asked({ what: "complete", image, lease }, { json: { ...WRITTEN, size: 0 } });
    expect(completed).toMatchObject({ status: 204 });
    expect(await getData(image)).toMatchObject({ status: 200, text: "" });
  });

  test("whose parts are not all there cannot be completed, and nothing is left of it", async () => {
    const { lease } = await begun(IN_R2);
    await asked({ what: "part", image, lease, number: 2 }, { part: "image" });
    const completed = await asked({ what: "complete", image, lease }, { json: WRITTEN });
    expect(completed).toMatchObject({ status: 400, forClient: true });
    expect(await asked({ what: "abort", image, lease }, { json: {} })).toMatchObject({ status: 204 });
    expect(await imageRow(image)).toMatchObject({ status: "queued", size: null });
    expect(await keysOf(image)).toEqual([]);
  });

  test("into a store that is neither its own nor takes parts is the edge's to take, and not begun", async () => {
    const answer = await asked({ what: "uploads", image }, { key: OTHER_KEY, json: uploadHeaders() });
    expect(answer).toMatchObject({ status: 201, body: { how: "forward" } });
    expect(await imageRow(image)).toMatchObject({ status: "queued" });
  });

  test("into such a store is refused before it is sent where the image does not take it", async () => {
    const put = (id: string) =>
      asked({ what: "uploads", image: id }, { key: OTHER_KEY, json: uploadHeaders() });
    expect(await put(crypto.randomUUID())).toMatchObject({ status: 404, forClient: true });
    await begun();
    expect(await put(image)).toMatchObject({ status: 409, forClient: true });
  });

  test.each([
    ["another media type", 415, { "content-type": "text/plain" }],
    ["a size that is none", 400, { "x-openstack-image-size": "-1" }],
    ["a store that there is not", 400, { "x-image-meta-store": "tape" }],
    ["more than any image may have", 413, { "content-length": String(2 ** 50) }],
  ])("of %s is refused with the client's %i", async (_name, status, headers) => {
    const answer = await asked({ what: "uploads", image }, { json: uploadHeaders(headers) });
    expect(answer).toMatchObject({ status, forClient: true });
    expect(await imageRow(image)).toMatchObject({ status: "queued" });
  });

  test("by a client with no good token is the client's 401, and by one who may not, a 403", async () => {
    const json = uploadHeaders();
    const none = { "x-auth-token": "none" };
    expect(await asked({ what: "uploads", image }, { json, headers: none })).toMatchObject({
      ...{ status: 401, forClient: true },
    });
    const token = { "x-auth-token": await tokenOf(reader("p1")) };
    expect(await asked({ what: "uploads", image }, { json, headers: token })).toMatchObject({
      ...{ status: 403, forClient: true },
    });
  });

  test.each([
    [401, { "x-auth-token": "none" }, {}],
    [404, {}, {}],
    [415, {}, { "content-type": "text/plain" }],
  ])(
    "of an image that there is not is refused with a %i, and leaves no object",
    async (status, headers, sent) => {
      const before = await coordinators();
      const asking = { json: uploadHeaders(sent as Record<string, string>), headers };
      const control = { what: "uploads", image: crypto.randomUUID() } as const;
      expect(await asked(control, asking)).toMatchObject({ status, forClient: true });
      expect(await coordinators()).toEqual(before);
    },
  );
});

const coordinators = async () =>
  (await listDurableObjectIds(env.IMAGE_COORDINATOR)).map((id) => id.toString()).sort();

describe("what a relay took in an earlier life", () => {
  const announced = (startedAt: number, id: string) =>
    asked({ what: "boots" }, { json: boot(startedAt, id) });

  test("ends when it announces a new one, and an old announcement that is heard again ends nothing", async () => {
    const { lease } = await begun();
    expect(await announced(NOW - 1000, "life 1")).toMatchObject({ status: 204 });
    expect(await announced(NOW, "life 2")).toMatchObject({ status: 204 });
    expect(await imageRow(image)).toMatchObject({ status: "saving" });
    expect(await announced(NOW + 1000, "life 3")).toMatchObject({ status: 204 });
    expect(await imageRow(image)).toMatchObject({ status: "queued" });
    expect(await asked({ what: "complete", image, lease }, { json: WRITTEN })).toMatchObject({ status: 409 });
  });

  test("is none of another relay's matter", async () => {
    await begun();
    const asking = { key: OTHER_KEY, json: boot(NOW + 1000, "another") };
    expect(await asked({ what: "boots" }, asking)).toMatchObject({ status: 204 });
    expect(await imageRow(image)).toMatchObject({ status: "saving" });
  });
});

/** Every question about a transfer, with what it is asked. */
const QUESTIONS = [
  ["heartbeat", { json: {} }],
  ["complete", { json: WRITTEN }],
  ["abort", { json: {} }],
  ["part", { part: "image" }],
] as const;

const question = (what: (typeof QUESTIONS)[number][0], lease: string, of = image): Control =>
  what === "part" ? { what, image: of, lease, number: 1 } : { what, image: of, lease };

describe.each(QUESTIONS)("the question %s", (what, asking) => {
  let lease: string;
  let before: string[];

  beforeEach(async () => {
    ({ lease } = await begun(IN_R2));
    before = await keysOf(image);
  });

  test("is another relay's, whose lease this is not, to no effect", async () => {
    const by = { ...asking, key: OTHER_KEY };
    const { status } = await asked(question(what, lease), by);
    // Giving up what one does not hold is no mistake, and does nothing.
    expect(status).toBe(what === "abort" ? 204 : 409);
    expect(await imageRow(image)).toMatchObject({ status: "saving" });
    expect(await asked(question("heartbeat", lease), { json: {} })).toMatchObject({ status: 204 });
    expect(await keysOf(image)).toEqual(before);
  });

  test("is a relay's about an upload that the worker itself moves, to no effect", async () => {
    const own = await givenImage();
    const stub = coordinatorOf(env, own);
    const granted = await stub.beginUpload({ store: "r2", seen: { status: "queued", generation: 0 } });
    if (!granted.ok) throw new Error(granted.message);
    await asked(question(what, granted.lease, own), asking);
    expect(await imageRow(own)).toMatchObject({ status: "saving" });
    expect(await stub.heartbeat(granted.lease)).toEqual({ ok: true });
    expect(await keysOf(own)).toEqual([]);
  });

  test("may be asked with the relay's other key", async () => {
    const { status } = await asked(question(what, lease), { ...asking, key: NEXT_KEY });
    expect(status).toBe(what === "complete" ? 400 : 204);
  });
});

describe("a download through a relay", () => {
  const grant = (asking: Asking = {}) => asked({ what: "file", image }, asking);
  const active = async () => {
    const { lease } = await begun();
    await asked({ what: "complete", image, lease }, { json: WRITTEN });
  };

  test("is granted with the answer's head, the hash and the places at that relay", async () => {
    await active();
    const { status, forClient, body } = await grant({ headers: { range: "bytes=1-3" } });
    expect({ status, forClient }).toEqual({ status: 200, forClient: false });
    expect(body).toMatchObject({
      ...{ status: 206, size: 5, range: { start: 1, end: 3 } },
      headers: { "content-range": "bytes 1-3/5", "content-length": "3" },
      hash: { algo: "sha512", value: HASHES.hashValue },
      locations: [{ store: "file" }],
    });
    expect((await grant({ key: OTHER_KEY })).body.locations).toEqual([]);
  });

  test.each([
    ["of an image that has no data", 204, {}],
    ["by a client without a token", 401, { "x-auth-token": "" }],
  ])("%s is the client's %i", async (_name, status, headers) => {
    expect(await grant({ headers: headers as Record<string, string> })).toMatchObject({
      status,
      forClient: true,
    });
  });

  test("of a range that cannot be had is the client's 416", async () => {
    await active();
    expect(await grant({ headers: { range: "bytes=9-" } })).toMatchObject({ status: 416, forClient: true });
  });
});

describe("links", () => {
  const SITE_URL = "https://images.site.example";
  const created = async (headers: Record<string, string>) => {
    const token = await tokenOf(member("p1"));
    const init = { method: "POST", headers: { "x-auth-token": token, ...headers }, body: "{}" };
    return (await send(new Request("http://glimpse/v2/images", init))).headers.get("location");
  };

  test("name the front door by which the client came, on the relay's word", async () => {
    const proof = await signSite(KEY, SITE_URL, Date.now());
    expect(await created({ [SITE]: SITE_URL, [SITE_PROOF]: proof })).toMatch(`${SITE_URL}/v2/images/`);
  });

  test.each([
    ["nobody's", async () => ""],
    ["a forged", () => signSite({ ...KEY, secret: "x".repeat(40) }, SITE_URL, Date.now())],
    ["an old", () => signSite(KEY, SITE_URL, Date.now() - 61_000)],
    ["another address's", () => signSite(KEY, "https://elsewhere.example", Date.now())],
  ])("do not on %s word", async (_name, proof) => {
    expect(await created({ [SITE]: SITE_URL, [SITE_PROOF]: await proof() })).toMatch(
      "http://glimpse/v2/images/",
    );
  });
});
