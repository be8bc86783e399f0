import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { type CliOptions, piped, runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
let folder: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = await mkdtemp(join(tmpdir(), "glimpse-cli-"));
});
afterEach(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

const cli = (words: string[], options: CliOptions = {}) =>
  runCli(words, { environment: signedIn(cloud), ...options });

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";
const FORMATS = ["--disk-format", "raw", "--container-format", "bare"];
const created = () =>
  JSON.parse(String(cloud.seen.find(({ method, path }) => method === "POST" && path === "/v2/images")?.body));
const upload = () => cloud.seen.find(({ method }) => method === "PUT");

async function file(content: Buffer | string): Promise<string> {
  const path = join(folder, "image.raw");
  await writeFile(path, content);
  return path;
}

describe("image-create", () => {
  test("sets every attribute of the API, with the API's names and types", async () => {
    const words = [
      "image-create",
      "--id",
      ID,
      "--name",
      "n",
      ...FORMATS,
      "--visibility",
      "private",
      "--owner",
      "p",
      "--protected",
      "True",
      "--hidden",
      "false",
      "--min-disk",
      "1",
      "--min-ram",
      "256",
      "--kernel-id",
      "k",
      "--ramdisk-id",
      "r",
      "--os-distro",
      "debian",
      "--os-version",
      "12",
      "--architecture",
      "x86_64",
      "--instance-uuid",
      "i",
      "--tag",
      "a",
      "--tag",
      "b",
      "--tags",
      "c",
      "d",
      "--property",
      "hw_disk_bus=virtio",
      "--property",
      "empty=",
      "--property",
      "url=http://x/?a=b",
    ];
    expect((await cli(words)).exitCode).toBe(0);
    expect(created()).toEqual({
      id: ID,
      name: "n",
      disk_format: "raw",
      container_format: "bare",
      visibility: "private",
      owner: "p",
      protected: true,
      os_hidden: false,
      min_disk: 1,
      min_ram: 256,
      kernel_id: "k",
      ramdisk_id: "r",
      os_distro: "debian",
      os_version: "12",
      architecture: "x86_64",
      instance_uuid: "i",
      tags: ["a", "b", "c", "d"],
      hw_disk_bus: "virtio",
      empty: "",
      url: "http://x/?a=b",
    });
  });

  test("sends a file, tells its size and its store, and shows the active image", async () => {
    const data = Buffer.alloc(3_000_000, "x");
    const words = ["image-create", "--name", "a", ...FORMATS, "--file", await file(data), "--store", "r2"];
    const result = await cli(words);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.stdout).toMatch(/\| status +\| active +\|/);
    expect([...cloud.data.values()][0]?.equals(data)).toBe(true);
    expect(upload()?.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "transfer-encoding": "chunked",
      "x-openstack-image-size": "3000000",
      "x-image-meta-store": "r2",
    });
  });

  test("sends an empty file too", async () => {
    const result = await cli(["image-create", ...FORMATS, "--file", await file("")]);
    expect(result.exitCode).toBe(0);
    expect([...cloud.data.values()][0]?.byteLength).toBe(0);
  });

  test("sends what standard input has, whose length it does not know", async () => {
    const result = await cli(["image-create", ...FORMATS], { stdin: piped("some ", "data") });
    expect(result.exitCode).toBe(0);
    expect(String([...cloud.data.values()][0])).toBe("some data");
    expect(upload()?.headers["x-openstack-image-size"]).toBeUndefined();
  });

  test("takes an empty standard input for no data", async () => {
    const result = await cli(["image-create", "--name", "a"], { stdin: piped() });
    expect(result.exitCode).toBe(0);
    expect(upload()).toBeUndefined();
  });

  test("asks for both formats before it makes a record for data", async () => {
    const result = await cli(["image-create", "--name", "a"], { stdin: piped("data") });
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(result.stderr).toContain(
      "Must provide --disk-format, --container-format when using data on standard input.",
    );
    expect(cloud.images.size).toBe(0);
  });

  test("asks for a known store before it makes a record", async () => {
    const result = await cli(["image-create", ...FORMATS, "--store", "moon", "--file", await file("x")]);
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: "Store 'moon' is not valid for this cloud.\nIts stores are file, r2.\n",
    });
    expect(cloud.images.size).toBe(0);
  });

  test("asks for a file that is there before it makes a record", async () => {
    const result = await cli(["image-create", ...FORMATS, "--file", join(folder, "missing")]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/missing cannot be read: there is no such file\.\n.+\n$/);
    expect(cloud.seen).toHaveLength(0);
  });

  test("shows the image that it made when its data is refused on the way, and names it", async () => {
    cloud.answer("PUT", `/v2/images/${ID}/file`, (_request, response) =>
      sendHtml(response, 409, "Conflict", "Image status transition from active to saving is not allowed"),
    );
    const words = ["image-create", "--id", ID, ...FORMATS, "--file", await file(Buffer.alloc(30_000_000))];
    const result = await cli(words);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(/\| status +\| queued +\|/);
    expect(result.stderr).toBe(
      `HTTP 409 Conflict: Image status transition from active to saving is not allowed\nImage ${ID} has no new data. Look at its present state, then try again.\n`,
    );
  });

  test("logs in again and sends the file again when the token ends meanwhile", async () => {
    let refused = false;
    cloud.answer("PUT", `/v2/images/${ID}/file`, (request, response) => {
      const again = refused;
      refused = true;
      request
        .resume()
        .on("end", () =>
          again ? response.writeHead(204).end() : sendHtml(response, 401, "Unauthorized", "expired"),
        );
    });
    const result = await cli(["image-create", "--id", ID, ...FORMATS, "--file", await file("data")]);
    expect(result.exitCode).toBe(0);
    expect(cloud.seen.filter(({ method }) => method === "PUT")).toHaveLength(2);
  });

  test("gives an upload up when it is interrupted", async () => {
    const interruption = new AbortController();
    const aborted = Promise.withResolvers<void>();
    cloud.answer("PUT", `/v2/images/${ID}/file`, (request) => {
      request.once("data", () => interruption.abort(new Error("interrupted")));
      request.on("error", () => aborted.resolve());
    });
    const words = ["image-create", "--id", ID, ...FORMATS, "--file", await file(Buffer.alloc(30_000_000))];
    const result = await cli(words, { signal: interruption.signal });
    expect(result).toMatchObject({ exitCode: 130, stdout: "" });
    expect(result.stderr).toBe(
      `Interrupted.\nImage ${ID} has no new data; \`glimpse image-upload ${ID}\` sends it.\n`,
    );
    await aborted.promise;
  });

  test("draws a bar on a terminal alone", async () => {
    const words = ["image-create", ...FORMATS, "--progress", "--file", await file("some data")];
    const quiet = await cli(words);
    expect(quiet.stderr).toBe("");
    const drawn = await cli(words, { stderrIsTerminal: true });
    expect(drawn.stderr).toContain("[=============================>] 100%");
    expect(drawn.stdout).not.toContain("100%");
  });

  test.each([
    [["--min-disk", "-1"]],
    [["--min-ram", "many"]],
    [["--protected", "maybe"]],
    [["--property", "novalue"]],
    [["--size", "3"]],
    [["--nonsense"]],
    [["extra"]],
  ])("refuses %j as wrong usage", async (words) => {
    const result = await cli(["image-create", ...words]);
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(2);
    expect(cloud.seen).toHaveLength(0);
  });
});
