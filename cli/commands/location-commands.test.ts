import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, sendJson, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";
const location = (name: string, metadata: object = {}) => ({ url: `http://example.org/${name}`, metadata });
const url = (name: string) => ["--url", location(name).url];

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID, locations: [location("a"), location("b", { k: "v" }), location("c")] });
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const patches = () =>
  cloud.seen.filter(({ method }) => method === "PATCH").map(({ body }) => JSON.parse(String(body)));

describe("location-add", () => {
  test("adds at the end, and shows the image without the link to itself", async () => {
    const { exitCode, stdout } = await cli("location-add", ID, ...url("d"), "--metadata", '{"k": "v"}');
    expect(exitCode).toBe(0);
    expect(patches()).toEqual([[{ op: "add", path: "/locations/-", value: location("d", { k: "v" }) }]]);
    expect(stdout).toContain(`| file             | /v2/images/${ID}/file `);
    expect(stdout).toContain("| virtual_size     | None");
    expect(stdout).not.toContain("| self ");
  });

  test("sends what the data hashes to", async () => {
    const hashes = ["--checksum", "c", "--hash-algo", "sha512", "--hash-value", "h"];
    await cli("location-add", ID, ...url("d"), ...hashes);
    const validation_data = { checksum: "c", os_hash_algo: "sha512", os_hash_value: "h" };
    expect(patches()[0][0].value).toEqual({ ...location("d"), validation_data });
  });

  test.each(["{", "[]", "1", "null"])("refuses the metadata %s before it asks", async (metadata) => {
    const result = await cli("location-add", ID, ...url("d"), "--metadata", metadata);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^Metadata is not a valid JSON object\.\n/);
    expect(cloud.seen).toEqual([]);
  });

  test("needs a URL", async () => {
    expect((await cli("location-add", ID)).exitCode).toBe(2);
  });
});

describe("add-location", () => {
  const taken = (status: string) =>
    cloud.answer("POST", `/v2/images/${ID}/locations`, async (request, response, seen) => {
      seen.body = await buffer(request);
      cloud.addImage({ id: ID, status });
      response.writeHead(202).end();
    });
  const posts = () =>
    cloud.seen
      .filter(({ method, path }) => method === "POST" && path === `/v2/images/${ID}/locations`)
      .map(({ body }) => JSON.parse(String(body)));

  test("has the service make the image of the data, and shows the image as the stock client does", async () => {
    taken("active");
    const { exitCode, stdout, stderr } = await cli("add-location", ID, ...url("d"));
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(posts()).toEqual([{ url: location("d").url }]);
    expect(stdout).toContain(`| file             | /v2/images/${ID}/file `);
    expect(stdout).not.toContain("| self ");
  });

  test("sends the hash, and says who tells the rest where the service is still at it", async () => {
    taken("importing");
    const hash = { os_hash_algo: "md5", os_hash_value: "h" };
    const { stderr } = await cli("add-location", ID, ...url("d"), "--validation-data", JSON.stringify(hash));
    expect(posts()[0].validation_data).toEqual(hash);
    expect(stderr).toContain(`glimpse image-tasks ${ID}`);
  });

  test.each(["{", "[]"])("refuses the validation data %s before it asks", async (data) => {
    const result = await cli("add-location", ID, ...url("d"), "--validation-data", data);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^Validation data is not a valid JSON object\.\n/);
    expect(cloud.seen).toEqual([]);
  });

  test("is what location-add names where the service shows no locations", async () => {
    cloud.answer("PATCH", `/v2/images/${ID}`, (_request, response) =>
      sendHtml(
        response,
        403,
        "Forbidden",
        "It's not allowed to change locations if locations are invisible.",
      ),
    );
    const { exitCode, stderr } = await cli("location-add", ID, ...url("d"));
    expect([exitCode, stderr.split("\n")[1]]).toEqual([1, expect.stringContaining("glimpse add-location")]);
  });
});

test("location-list lists what the service tells of an image that shows no locations", async () => {
  cloud.addImage({ id: ID });
  cloud.answer("GET", `/v2/images/${ID}/locations`, (_request, response) =>
    sendJson(response, 200, [location("a", { store: "web" })]),
  );
  const { exitCode, stdout } = await cli("location-list", ID);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining("| http://example.org/a | ")]);
  expect(JSON.parse((await cli("location-list", ID, "-f", "json")).stdout)).toMatchObject([
    location("a", { store: "web" }),
  ]);
});

describe("location-update", () => {
  test("replaces the metadata of one location and keeps the others and their order", async () => {
    await cli("location-update", ID, ...url("b"), "--metadata", '{"k": "new"}');
    const value = [location("a"), location("b", { k: "new" }), location("c")];
    expect(patches()).toEqual([[{ op: "replace", path: "/locations", value }]]);
  });

  test("sends nothing when it is so already, and warns of empty metadata", async () => {
    const { exitCode, stderr } = await cli("location-update", ID, ...url("a"));
    expect([exitCode, patches()]).toEqual([0, []]);
    expect(stderr).toContain("will be updated to an empty JSON object");
  });

  test("fails for a URL that the image does not have", async () => {
    const { exitCode, stderr } = await cli("location-update", ID, ...url("z"), "--metadata", '{"a": 1}');
    expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
    expect(patches()).toEqual([]);
  });
});

describe("location-delete", () => {
  test("removes from the end, so that every number still means the same, each URL once", async () => {
    const result = await cli("location-delete", ID, ...url("a"), ...url("c"), ...url("a"));
    expect(result).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    const removals = [2, 0].map((place) => ({ op: "remove", path: `/locations/${place}` }));
    expect(patches()).toEqual([removals]);
  });

  test("removes nothing when one URL is not the image's", async () => {
    const { exitCode, stderr } = await cli("location-delete", ID, ...url("a"), ...url("z"));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(location("z").url);
    expect(patches()).toEqual([]);
  });

  test("says so where locations are not shown", async () => {
    cloud.addImage({ id: ID });
    const { exitCode, stderr } = await cli("location-delete", ID, ...url("a"));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^The administrator has disabled API access to image locations\.\nAsk /);
  });
});

describe("stores-delete", () => {
  const copy = `/v2/stores/fast/${ID}`;

  test("deletes the copy of one store", async () => {
    cloud.answer("DELETE", copy, (_request, response) => response.writeHead(204).end());
    expect(await cli("stores-delete", "--store", "fast", ID)).toMatchObject({ exitCode: 0, stdout: "" });
    expect(cloud.seen.at(-1)).toMatchObject({ method: "DELETE", path: copy });
  });

  test("says why it may not", async () => {
    cloud.answer("DELETE", copy, (_request, response) =>
      sendHtml(response, 403, "Forbidden", "Image has no other copy; delete the image instead."),
    );
    const { exitCode, stderr } = await cli("stores-delete", "--store", "fast", ID);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("has no other copy")]);
  });

  test("needs a store", async () => {
    expect((await cli("stores-delete", ID)).exitCode).toBe(2);
    expect(cloud.seen).toEqual([]);
  });
});
