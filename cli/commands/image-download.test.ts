import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { type CliOptions, runCli, signedIn } from "../../test/support/run-cli.node.ts";
import { run } from "../run.ts";

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

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";
const DATA = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) % 251));
const target = () => join(folder, "out.raw");
const download = (options: CliOptions = {}, ...words: string[]) =>
  runCli(["image-download", ID, ...words], { environment: signedIn(cloud), ...options });

describe("image-download to a file", () => {
  test("brings the bytes, verified, and leaves nothing else", async () => {
    cloud.addImage({ id: ID }, DATA);
    const result = await download({}, "--file", target());
    expect(result).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    expect((await readFile(target())).equals(DATA)).toBe(true);
    expect(await readdir(folder)).toEqual(["out.raw"]);
  });

  test("brings an empty image", async () => {
    cloud.addImage({ id: ID }, Buffer.alloc(0));
    expect((await download({}, "--file", target())).exitCode).toBe(0);
    expect((await readFile(target())).byteLength).toBe(0);
  });

  test("leaves what was there before when the hash is wrong", async () => {
    await writeFile(target(), "before");
    cloud.addImage({ id: ID, os_hash_value: "0".repeat(128) }, DATA);
    const result = await download({}, "--file", target());
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^Corrupt image download\. Hash was [0-9a-f]{128} expected 0{128}\n.+\n$/);
    expect(String(await readFile(target()))).toBe("before");
    expect(await readdir(folder)).toEqual(["out.raw"]);
  });

  test("falls back to the MD5 checksum for a hash that is not known here, and says so", async () => {
    const image = cloud.addImage({ id: ID }, DATA);
    Object.assign(image, { os_hash_algo: "rot13", os_hash_value: "00" });
    const result = await download({}, "--file", target());
    expect(result).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("MD5 checksum is verified instead"),
    });
    Object.assign(image, { checksum: "0".repeat(32) });
    expect((await download({}, "--file", join(folder, "other"))).exitCode).toBe(1);
  });

  test("leaves nothing when the data is cut short", async () => {
    cloud.addImage({ id: ID }, DATA);
    cloud.answer("GET", `/v2/images/${ID}/file`, (_request, response) => {
      response.writeHead(200, { "content-length": DATA.byteLength });
      response.write(DATA.subarray(0, 2_000_000), () => response.destroy());
    });
    const result = await download({}, "--file", target());
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("closed the connection before the exchange was complete");
    expect(await readdir(folder)).toEqual([]);
  });

  test("leaves nothing when it is interrupted", async () => {
    const interruption = new AbortController();
    cloud.addImage({ id: ID }, DATA);
    cloud.answer("GET", `/v2/images/${ID}/file`, (_request, response) => {
      response.writeHead(200, { "content-length": DATA.byteLength });
      response.write(DATA.subarray(0, 2_000_000), () => interruption.abort(new Error("interrupted")));
    });
    const result = await download({ signal: interruption.signal }, "--file", target());
    expect(result).toMatchObject({ exitCode: 130, stdout: "" });
    expect(await readdir(folder)).toEqual([]);
  });

  test("leaves another download's part alone", async () => {
    cloud.addImage({ id: ID }, DATA);
    await writeFile(`${target()}.part`, "another's");
    const result = await download({}, "--file", target());
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain("out.raw.part exists already.");
    expect(String(await readFile(`${target()}.part`))).toBe("another's");
  });

  test("keeps a link a link", async () => {
    cloud.addImage({ id: ID }, DATA);
    await writeFile(join(folder, "real"), "before");
    await symlink("real", target());
    expect((await download({}, "--file", target())).exitCode).toBe(0);
    expect((await lstat(target())).isSymbolicLink()).toBe(true);
    expect((await readFile(join(folder, "real"))).equals(DATA)).toBe(true);
  });

  test("writes to a device as it is", async () => {
    cloud.addImage({ id: ID }, DATA);
    expect((await download({}, "--file", "/dev/null")).exitCode).toBe(0);
  });

  test("says so when the image has no data", async () => {
    cloud.addImage({ id: ID });
    const result = await download({}, "--file", target());
    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`Image ${ID} has no data.`),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("words a refusal as the stock client does", async () => {
    cloud.addImage({ id: ID }, DATA);
    cloud.answer("GET", `/v2/images/${ID}/file`, (_request, response) =>
      sendHtml(response, 403, "Forbidden", "The requested image has been deactivated."),
    );
    const result = await download({}, "--file", target());
    expect(result.stderr).toContain(
      `Unable to download image '${ID}'. (HTTP 403 Forbidden: The requested image has been deactivated.)`,
    );
  });

  test("says why a file cannot be written", async () => {
    cloud.addImage({ id: ID }, DATA);
    const result = await download({}, "--file", join(folder, "missing", "out"));
    expect(result.stderr).toMatch(/cannot be written: there is no such file\.\n.+\n$/);
    expect((await download({}, "--file", folder)).stderr).toContain("is a directory");
  });
});

describe("image-download to standard output", () => {
  test("writes the bytes and nothing else", async () => {
    cloud.addImage({ id: ID }, DATA);
    const result = await download();
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(result.bytes.equals(DATA)).toBe(true);
  });

  test("refuses a terminal before it asks for anything", async () => {
    const result = await download({ stdoutIsTerminal: true });
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(cloud.seen).toHaveLength(0);
  });

  test("fails in silence when its reader goes away", async () => {
    cloud.addImage({ id: ID }, DATA);
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
    });
    stdout.on("error", () => undefined);
    let told = "";
    const stderr = new Writable({
      write: (chunk, _encoding, done) => {
        told += chunk;
        done();
      },
    });
    const exitCode = await run(["image-download", ID], {
      stdin: { stream: process.stdin, size: 0 },
      stdout,
      stderr,
      environment: signedIn(cloud),
      signal: new AbortController().signal,
    });
    expect({ exitCode, told }).toEqual({ exitCode: 1, told: "" });
  });
});
