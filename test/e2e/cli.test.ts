import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../launcher/ports.ts";
import { type CliOptions, glimpse, startGlimpse } from "./support/cli.ts";
import { createImage, eventually, md5, sha512, show, someBytes, storedIn, upload } from "./support/images.ts";
import { Service } from "./support/service.ts";

const BODY = someBytes(12 * 1024 * 1024 + 1);
const FORMATS = ["--disk-format", "raw", "--container-format", "bare"];

let service: Service;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "glimpse-cli-"));
  file = join(folder, "image.raw");
  writeFileSync(file, BODY);
  service = await Service.start();
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A command that must succeed: its output as JSON, or as it is. */
async function answer(args: readonly string[], options?: CliOptions) {
  const { code, stdout, stderr } = await glimpse(service, args, options);
  if (code !== 0) throw new Error(`glimpse ${args.join(" ")} ended with ${code}: ${stderr}`);
  return args.includes("json") ? JSON.parse(stdout) : stdout;
}

const JSON_OUT = ["-f", "json"];

describe.each([
  ["a file", () => ({ args: ["--file", file], options: {} })],
  ["standard input", () => ({ args: [], options: { stdin: BODY } })],
])("an image from %s", (_name, from) => {
  test.each(["file", "r2"])(
    "goes into the store %s, is found, changed, fetched and deleted",
    async (store) => {
      const { args, options } = from();
      const create = [
        "image-create",
        "--name",
        "life",
        ...FORMATS,
        "--property",
        "color=red",
        "--tag",
        "new",
      ];
      const { id } = await answer([...create, "--store", store, ...args, ...JSON_OUT], options);
      expect(await answer(["image-show", id, ...JSON_OUT])).toMatchObject({
        ...{
          name: "life",
          status: "active",
          size: BODY.byteLength,
          color: "red",
          tags: ["new"],
          stores: store,
        },
        ...{ checksum: md5(BODY), os_hash_value: sha512(BODY) },
      });
      expect(await answer(["image-list"])).toContain(id);
      await answer(["image-update", id, "--name", "renamed", "--property", "color=blue"]);
      expect(await answer(["image-show", id, ...JSON_OUT])).toMatchObject({ name: "renamed", color: "blue" });

      const target = join(folder, "fetched");
      expect(await answer(["image-download", id, "--file", target])).toBe("");
      expect(readFileSync(target).equals(BODY)).toBe(true);
      await answer(["image-delete", id]);
      expect((await glimpse(service, ["image-show", id])).code).toBe(1);
      await eventually("the bytes are gone", () => storedIn(service).length === 0);
    },
  );
});

test("progress is for a terminal, and is not in the way of anything else", async () => {
  const created = await glimpse(service, [
    "image-create",
    "--name",
    "x",
    ...FORMATS,
    "--file",
    file,
    "--progress",
  ]);
  // A login, and an image that is created, uploaded and shown.
  expect(created).toMatchObject({ code: 0, stderr: "", held: 4 });
  const id = /\| id +\| (\S+)/.exec(created.stdout)?.[1] ?? "";
  const target = join(folder, "with-progress");
  const fetched = await glimpse(service, ["image-download", id, "--file", target, "--progress"]);
  expect(fetched).toMatchObject({ code: 0, stdout: "", stderr: "" });
  await answer(["image-delete", id]);
  await eventually("the bytes are gone", () => storedIn(service).length === 0);
});

test("an upload that is interrupted ends with 130, and leaves a queued image and no byte", async () => {
  const id = await createImage(service);
  const { process: cli, ended } = await startGlimpse(service, ["image-upload", id, "--file", "/dev/zero"]);
  await eventually("bytes arrive", () => storedIn(service).length > 0);
  cli.kill("SIGINT");
  expect((await ended).code).toBe(130);
  await eventually("the image is queued", async () => (await show(service, id)).status === "queued");
  await eventually("nothing is left over", () => storedIn(service).length === 0);
});

test("a download that turns out wrong leaves no file, and the one that was there", async () => {
  const id = await createImage(service);
  expect(await upload(service, id, BODY)).toBe(204);
  const [stored = ""] = storedIn(service);
  writeFileSync(join(service.dataDir, "images", stored), someBytes(BODY.byteLength));
  const home = mkdtempSync(join(folder, "home-"));
  const target = join(home, "image");
  writeFileSync(target, "what was there");
  expect(await glimpse(service, ["image-download", id, "--file", target])).toMatchObject({
    code: 1,
    stdout: "",
  });
  expect(readFileSync(target, "utf8")).toBe("what was there");
  expect(readdirSync(home)).toEqual(["image"]);
  await answer(["image-delete", id]);
  await eventually("the bytes are gone", () => storedIn(service).length === 0);
});

test("a user is made, works, is locked out and let in again", async () => {
  const withPassword = { stdin: "her own password\n" };
  await answer(["user-create", "somebody", "--password-file", "-"], withPassword);
  await answer(["project-create", "works"]);
  const her = { OS_USERNAME: "somebody", OS_PASSWORD: "her own password", OS_PROJECT_NAME: "works" };
  expect((await glimpse(service, ["image-list"], { env: her })).code).toBe(1);
  await answer(["role-add", "--user", "somebody", "--project", "works", "member"]);
  const { id } = await answer(["image-create", "--name", "hers", ...FORMATS, ...JSON_OUT], {
    env: her,
    stdin: "image",
  });
  await answer(["user-set", "--disable", "somebody"]);
  expect((await glimpse(service, ["image-list"], { env: her })).code).toBe(1);
  await answer(["user-set", "--enable", "somebody"]);
  expect(await answer(["image-list"], { env: her })).toContain(id);
  await answer(["user-set", "--password-file", "-", "somebody"], { stdin: "another password" });
  expect((await glimpse(service, ["image-list"], { env: her })).code).toBe(1);
  expect(await answer(["image-list"], { env: { ...her, OS_PASSWORD: "another password" } })).toContain(id);
  await answer(["image-delete", id]);
});

describe("what cannot be done is said in two lines, and ends with", () => {
  const refused = async (code: number, args: readonly string[], options?: CliOptions) => {
    const ended = await glimpse(service, args, options);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ended.stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
    expect(ended.stderr).not.toContain(service.openrc().OS_PASSWORD);
  };

  test("2 when it is not asked for as it should be", async () => {
    await refused(2, ["image-nothing"]);
    await refused(2, ["image-show"]);
  });

  test("1 when it is refused, or nobody is there to ask", async () => {
    await refused(1, ["image-show", "nothing"]);
    await refused(1, ["image-list"], { env: { OS_PASSWORD: "wrong" } });
    const nobody = `http://127.0.0.1:${await freePort()}/identity/v3`;
    await refused(1, ["image-list"], { env: { OS_AUTH_URL: nobody } });
    await refused(1, ["image-create", "--name", "x", ...FORMATS, "--file", join(folder, "nothing")]);
  });
});
