import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID, name: "before", os_distro: "debian", tags: ["a"], "a/b~c": "x" });
});
afterEach(() => cloud.close());

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";
const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const patch = () => cloud.seen.find(({ method }) => method === "PATCH");
const operations = () => JSON.parse(String(patch()?.body));

describe("image-update", () => {
  test("sends what differs, as a JSON patch, and shows the image that results", async () => {
    const result = await cli(
      ...["image-update", ID, "--name", "after", "--min-ram", "64", "--protected", "true"],
      ...["--property", "os_distro=debian", "--property", "os_version=12", "--remove-property", "a/b~c"],
    );
    expect(result.exitCode).toBe(0);
    expect(result.stdout).toMatch(/\| name +\| after +\|/);
    expect(patch()?.headers["content-type"]).toBe("application/openstack-images-v2.1-json-patch");
    expect(operations()).toEqual([
      { op: "add", path: "/os_version", value: "12" },
      { op: "replace", path: "/name", value: "after" },
      { op: "replace", path: "/protected", value: true },
      { op: "replace", path: "/min_ram", value: 64 },
      { op: "remove", path: "/a~1b~0c" },
    ]);
  });

  test("adds and removes tags", async () => {
    await cli("image-update", ID, "--tag", "b", "--remove-tag", "a");
    expect(operations()).toEqual([{ op: "replace", path: "/tags", value: ["b"] }]);
  });

  test("sends nothing when nothing changes", async () => {
    const result = await cli("image-update", ID, "--name", "before", "--remove-property", "absent");
    expect(result.exitCode).toBe(0);
    expect(patch()).toBeUndefined();
  });
});
