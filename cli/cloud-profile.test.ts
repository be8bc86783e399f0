import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeCloud, sendHtml, sendJson, startFakeCloud } from "../test/support/fake-cloud.node.ts";
import { runCli } from "../test/support/run-cli.node.ts";
import { profileUrlOf } from "./cloud-profile.ts";

const PATH = "/.well-known/openstack/api";
const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";

let cloud: FakeCloud;
let folder: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID });
  folder = mkdtempSync(join(tmpdir(), "glimpse-profile-"));
});
afterEach(async () => {
  await cloud.close();
  rmSync(folder, { recursive: true });
});

const answers = (profile: object) =>
  cloud.answer("GET", PATH, (_q, response) => sendJson(response, 200, { name: "fake", profile }));

/** A command with a clouds.yaml of one cloud, which says this and the service's profile. */
function cli(entry: string, ...words: string[]) {
  const config = join(folder, "clouds.yaml");
  writeFileSync(config, `clouds:\n  mine:\n    profile: ${cloud.url}\n${entry}`);
  return runCli(words, { environment: { OS_CLIENT_CONFIG_FILE: config, OS_CLOUD: "mine" } });
}
const USER = "    auth: { username: demo, password: pw, project_name: demo }\n";
const login = () => JSON.parse(String(cloud.seen.find(({ path }) => path.endsWith("/tokens"))?.body)).auth;

test("what a cloud does not say its profile does", async () => {
  answers({ auth: { auth_url: `${cloud.url}/identity/v3`, user_domain_id: "d" }, regions: ["RegionOne"] });
  expect(await cli(USER, "image-show", ID)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(login().identity.password.user).toEqual({ name: "demo", password: "pw", domain: { id: "d" } });
});

test("what a cloud says comes before its profile, the region too", async () => {
  const auth_url = `${cloud.url}/identity/v3`;
  answers({ auth: { auth_url, username: "other", user_domain_id: "d" }, regions: ["RegionOne"] });
  const { exitCode, stderr } = await cli(`${USER}    region_name: Elsewhere\n`, "image-show", ID);
  expect(login().identity.password.user.name).toBe("demo");
  expect([exitCode, stderr.includes("Elsewhere")]).toEqual([1, true]);
});

test("a service without identity is told by its profile alone", async () => {
  cloud.tokens.add("anyone");
  answers({ auth_type: "admin_token", auth: { token: "anyone", endpoint: `${cloud.url}/v2/` } });
  expect(await cli("", "image-show", ID)).toMatchObject({ exitCode: 0, stderr: "" });
});

test.each([
  ["is not there", 404],
  ["fails", 500],
])("a profile that %s is told in two lines", async (_what, status) => {
  cloud.answer("GET", PATH, (_q, response) => sendHtml(response, status, "Title", "why"));
  const { exitCode, stderr } = await cli(USER, "image-show", ID);
  expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
  expect(stderr).toContain(`HTTP ${status}`);
});

test.each(["", "null", "[]", '{"profile": null}', "<html>"])(
  "an answer of %j is no profile",
  async (body) => {
    cloud.answer("GET", PATH, (_q, response) => response.end(body));
    const { exitCode, stderr } = await cli(USER, "image-show", ID);
    expect([exitCode, stderr.split("\n")[0]]).toEqual([1, `${cloud.url}${PATH} has no profile of a cloud.`]);
  },
);

test("only a URL is fetched, at its host, whatever its path", () => {
  expect(profileUrlOf({ profile: "https://h:1/v2/" })).toBe("https://h:1/.well-known/openstack/api");
  for (const profile of [undefined, "ovh", 1, "file:///etc/passwd", "http://"])
    expect(profileUrlOf({ profile })).toBeUndefined();
});
