import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const HASH =
  "db0fb0265046dadb77d98e6a5149e3bfda6a2aea2c16e1644d3ea4ccd99fa168cf50ecd70536b1ef1099043ed1e25f3bdc742d1950b9fca394b9af91e736d909";

const test_qcow2 = {
  id: "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0",
  name: "test",
  checksum: "37c6e1dc70aaf136834e92bf9637f613",
  disk_format: "qcow2",
  container_format: "bare",
  os_hash_algo: "sha512",
  os_hash_value: HASH,
  size: 196616,
  virtual_size: 16777216,
  status: "active",
  stores: "fast",
};

const expected = (name: string) => readFileSync(new URL(`testdata/${name}.txt`, import.meta.url), "utf8");

describe("image-show", () => {
  test("prints an active image as the stock client does", async () => {
    cloud.addImage(test_qcow2);
    const result = await runCli(["image-show", test_qcow2.id], { environment: signedIn(cloud) });
    expect(result).toMatchObject({ exitCode: 0, stderr: "", stdout: expected("image-show-active") });
  });

  test("prints what a queued image lacks as the stock client does", async () => {
    cloud.addImage({ id: test_qcow2.id, name: "nodata", tags: ["b"], hw_disk_bus: "virtio" });
    const result = await runCli(["image-show", test_qcow2.id], { environment: signedIn(cloud) });
    expect(result.stdout).toBe(expected("image-show-queued"));
  });

  test("writes the size for people on request", async () => {
    cloud.addImage(test_qcow2);
    const result = await runCli(["image-show", test_qcow2.id, "--human-readable"], {
      environment: signedIn(cloud),
    });
    expect(result.stdout).toContain("| size             | 192kB ");
  });

  test("breaks values at the width that is asked for", async () => {
    cloud.addImage(test_qcow2);
    const result = await runCli(["image-show", test_qcow2.id, "--max-column-width", "40"], {
      environment: signedIn(cloud),
    });
    expect(result.stdout).toBe(expected("image-show-40"));
  });

  test("gives the API's own fields as JSON", async () => {
    const image = cloud.addImage(test_qcow2);
    const result = await runCli(["image-show", "-f", "json", test_qcow2.id], {
      environment: signedIn(cloud),
    });
    expect(JSON.parse(result.stdout)).toEqual(image);
  });

  test("gives one bare value to a shell", async () => {
    cloud.addImage(test_qcow2);
    const words = ["image", "show", "test", "-f", "value", "-c", "id", "-c", "protected"];
    const result = await runCli(words, { environment: signedIn(cloud) });
    expect(result.stdout).toBe(`${test_qcow2.id}\nFalse\n`);
  });

  test("finds an image by a name that only one has", async () => {
    cloud.addImage(test_qcow2);
    expect((await runCli(["image-show", "test"], { environment: signedIn(cloud) })).exitCode).toBe(0);
    cloud.addImage({ name: "test" });
    const result = await runCli(["image-show", "test"], { environment: signedIn(cloud) });
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toContain('More than one image is named "test".');
  });

  test("takes what looks like an id for nothing else", async () => {
    cloud.addImage({ name: "00000000-0000-0000-0000-000000000000" });
    const result = await runCli(["image-show", "00000000-0000-0000-0000-000000000000"], {
      environment: signedIn(cloud),
    });
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: [
        "HTTP 404 Not Found: No image found with ID 00000000-0000-0000-0000-000000000000",
        "Check the id or the name; image-list, user-list and project-list show those that you can see.",
        "",
      ].join("\n"),
    });
  });

  test("writes out control characters that others put into a name", async () => {
    cloud.addImage({ ...test_qcow2, name: "a\u001b[31mred\u009b" });
    const result = await runCli(["image-show", test_qcow2.id], { environment: signedIn(cloud) });
    expect(result.stdout).toContain("a\\x1b[31mred\\x9b");
    expect(result.stdout).not.toContain("\u001b");
  });
});
