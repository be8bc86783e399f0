import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const expected = (name: string) => readFileSync(new URL(`testdata/${name}.txt`, import.meta.url), "utf8");
const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const asked = () => cloud.seen.findLast(({ path }) => path === "/v2/images")?.query.toString();

function addTwo() {
  cloud.addImage({ id: "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0", name: "test" });
  cloud.addImage({ id: "82c8b133-b67d-42f2-a13f-ce014e2fc6e0" });
}

describe("image-list", () => {
  test("prints ids and names as the stock client does, also wide ones and none", async () => {
    addTwo();
    cloud.addImage({ id: "03430055-12e0-4e96-9d79-ad678075f961", name: "日本語" });
    expect((await cli("image-list")).stdout).toBe(expected("image-list"));
  });

  test("prints more on request as the stock client does, blanks for what is absent or zero", async () => {
    cloud.addImage({
      id: "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0",
      name: "test",
      disk_format: "qcow2",
      container_format: "bare",
      size: 196616,
      status: "active",
      stores: "fast",
    });
    cloud.addImage({ id: "82c8b133-b67d-42f2-a13f-ce014e2fc6e0", name: "empty", size: 0, status: "active" });
    const result = await cli("-v", "image-list", "--include-stores");
    expect(result.stdout).toBe(expected("image-list-verbose"));
    expect((await cli("image-list", "--include-stores", "True", "--verbose")).stdout).toBe(result.stdout);
  });

  test.each([
    "name",
    "status",
    "visibility",
    "owner",
    "checksum",
    "member_status",
    "os_hash_value",
    "os_hidden",
  ])("passes on a property filter by %s", async (attribute) => {
    await cli("image-list", "--property-filter", `${attribute}=x`, "--sort", "id");
    expect(new URLSearchParams(asked()).get(attribute)).toBe("x");
  });

  test("prints an empty table as the stock client does", async () => {
    expect((await cli("image-list")).stdout).toBe(expected("image-list-none"));
  });

  test("gives whole images as a JSON array", async () => {
    expect(JSON.parse((await cli("image-list", "-f", "json")).stdout)).toEqual([]);
    addTwo();
    const images = JSON.parse((await cli("image-list", "-f", "json")).stdout);
    expect(images).toEqual([...cloud.images.values()]);
  });

  test("gives a line for each image to a shell", async () => {
    addTwo();
    expect((await cli("image-list", "-f", "value")).stdout).toBe(
      "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0 test\n82c8b133-b67d-42f2-a13f-ce014e2fc6e0 None\n",
    );
    expect((await cli("image-list", "-f", "value", "-c", "status", "-c", "Name")).stdout).toBe(
      "queued test\nqueued None\n",
    );
  });

  test.each(["table", "json", "value"])("refuses a column that no image has: %s", async (format) => {
    addTwo();
    const result = await cli("image-list", "-f", format, "-c", "name", "-c", "nope");
    expect(result).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringMatching(/^There is no column nope\.\nThere are checksum, .*, visibility\.\n$/),
    });
  });

  test("shows a property that some images have", async () => {
    addTwo();
    cloud.addImage({ id: "03430055-12e0-4e96-9d79-ad678075f961", os_distro: "debian" });
    const listed = (format: string) => cli("image-list", "-f", format, "-c", "Os_Distro");
    expect((await listed("value")).stdout).toBe("None\nNone\ndebian\n");
    expect(JSON.parse((await listed("json")).stdout)).toEqual([{}, {}, { os_distro: "debian" }]);
    expect((await listed("table")).stdout).toContain("| debian    |");
  });

  test("draws a long list without a seam", async () => {
    for (let i = 0; i < 1203; i += 1) cloud.addImage({ name: `image ${i}` });
    const lines = (await cli("image-list", "--page-size", "500")).stdout.split("\n");
    expect(lines).toHaveLength(1203 + 5);
    expect(new Set(lines.slice(0, -1).map((line) => line.length)).size).toBe(1);
    expect(lines.filter((line) => line.startsWith("+"))).toHaveLength(3);
  });

  test("sorts by name unless it is told how", async () => {
    await cli("image-list");
    expect(asked()).toBe("limit=100&sort_key=name&sort_dir=asc");
    await cli("image-list", "--sort", "size:desc,name");
    expect(asked()).toBe("limit=100&sort=size%3Adesc%2Cname");
    await cli("image-list", "--sort-key", "size", "--sort-key", "name", "--sort-dir", "desc", "--limit", "3");
    expect(asked()).toBe("limit=3&sort_key=size&sort_key=name&sort_dir=desc");
    expect((await cli("image-list", "--sort", "name", "--sort-key", "size")).exitCode).toBe(2);
  });

  test("passes every filter on", async () => {
    await cli(
      ...["image-list", "--visibility", "shared", "--member-status", "all", "--owner", "p", "--name", "a:b"],
      ...["--status", "active", "--checksum", "c", "--hash", "h", "--tag", "x", "--tag", "y"],
      ...["--property-filter", "os_distro=debian", "--hidden", "--sort", "name"],
    );
    expect(Object.fromEntries(new URLSearchParams(asked()))).toEqual({
      limit: "100",
      sort: "name",
      visibility: "shared",
      member_status: "all",
      owner: "p",
      name: "eq:a:b",
      status: "active",
      checksum: "c",
      os_hash_value: "h",
      tag: "y",
      os_distro: "debian",
      os_hidden: "true",
    });
  });
});
