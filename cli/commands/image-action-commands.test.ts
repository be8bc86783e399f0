import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeCloud, sendHtml, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID, name: "by name", tags: ["production"] });
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const succeeds = (method: string, path: string) =>
  cloud.answer(method, `/v2/images/${ID}${path}`, (_q, response) => response.writeHead(204).end());
const asked = () => cloud.seen.map(({ method, path }) => `${method} ${path}`);

test("image-tag-update shows the tags as the stock client does", async () => {
  succeeds("PUT", "/tags/production");
  expect((await cli("image-tag-update", ID, "production")).stdout).toBe(
    [
      "+--------------------------------------+----------------+",
      "| ID                                   | Tags           |",
      "+--------------------------------------+----------------+",
      `| ${ID} | ['production'] |`,
      "+--------------------------------------+----------------+",
      "",
    ].join("\n"),
  );
});

test("image-tag-update sends a tag as one segment, to an image that is named, in two words too", async () => {
  succeeds("PUT", "/tags/a%20%2F%C3%A9");
  expect((await cli("image", "tag-update", "by name", "a /é")).exitCode).toBe(0);
  expect(asked()).toContain(`PUT /v2/images/${ID}/tags/a%20%2F%C3%A9`);
});

test("image-tag-delete is silent, and tells in two lines that there is no such tag", async () => {
  succeeds("DELETE", "/tags/production");
  expect(await cli("image-tag-delete", ID, "production")).toMatchObject({
    ...{ exitCode: 0, stdout: "", stderr: "" },
  });
  cloud.answer("DELETE", `/v2/images/${ID}/tags/nope`, (_q, response) =>
    sendHtml(response, 404, "Not Found", "The resource could not be found."),
  );
  const { exitCode, stderr } = await cli("image-tag-delete", ID, "nope");
  expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
  expect(stderr).toMatch(/^HTTP 404 Not Found: The resource could not be found\.\n/);
});

test("an empty tag is refused before the service is asked for another path", async () => {
  expect((await cli("image-tag-delete", ID, "")).exitCode).toBe(2);
  expect(asked().some((line) => line.startsWith("DELETE"))).toBe(false);
});

test.each(["deactivate", "reactivate"])("image-%s asks for it and is silent", async (action) => {
  succeeds("POST", `/actions/${action}`);
  expect(await cli(`image-${action}`, "by name")).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  expect(asked()).toContain(`POST /v2/images/${ID}/actions/${action}`);
});

test("a refusal to deactivate is told in two lines", async () => {
  cloud.answer("POST", `/v2/images/${ID}/actions/deactivate`, (_q, response) =>
    sendHtml(response, 403, "Forbidden", "Not allowed to deactivate image in status &#x27;queued&#x27;"),
  );
  const { exitCode, stderr } = await cli("image-deactivate", ID);
  expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
});
