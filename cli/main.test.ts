import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, startFakeCloud } from "../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../test/support/run-cli.node.ts";

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
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const FORMATS = ["--disk-format", "raw", "--container-format", "bare"];

const start = (words: readonly string[], stdio: StdioOptions = "pipe"): ChildProcess =>
  spawn(process.execPath, [MAIN, ...words], {
    stdio,
    env: { ...signedIn(cloud), PATH: process.env.PATH },
    cwd: folder,
  });

async function end(child: ChildProcess) {
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
    once(child, "close"),
  ]);
  return { stdout, stderr, exitCode, signal };
}

describe("the program", () => {
  test("ends with 130 and no part of the file when a download is interrupted", async () => {
    cloud.addImage({ id: ID }, Buffer.alloc(1));
    cloud.answer("GET", `/v2/images/${ID}/file`, (_request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("some", () => child.kill("SIGINT"));
    });
    const child = start(["image-download", ID, "--file", "out"]);
    expect(await end(child)).toMatchObject({
      exitCode: 130,
      stdout: "",
      stderr: expect.stringMatching(/^Interrupted/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("ends with 130 when it is interrupted while it waits for standard input", async () => {
    const child = start(["image-create", "--id", ID, ...FORMATS]);
    child.stdin?.write("some");
    const sending = new Promise((resolve) =>
      cloud.answer("PUT", `/v2/images/${ID}/file`, (request) => {
        request.on("error", () => undefined);
        request.once("data", resolve);
      }),
    );
    await sending;
    child.kill("SIGINT");
    expect(await end(child)).toMatchObject({ exitCode: 130, stdout: "" });
  });

  test("ends in silence when the reader of its answer goes away", async () => {
    for (let i = 0; i < 2000; i += 1) cloud.addImage({ name: `image ${i}` });
    const child = start(["image-list", "-f", "json"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const [exitCode] = await once(child, "close");
    expect({ exitCode, stderr: child.stderr?.read() }).toEqual({ exitCode: 0, stderr: null });
  });

  test.each([
    [["image-list"]],
    [["image-list", "-f", "json"]],
    [["image-show", ID, "-f", "value"]],
    [["image-download", ID]],
    [["--help"]],
  ])("fails and says why when the answer of %j cannot be written", async (words) => {
    cloud.addImage({ id: ID }, Buffer.alloc(3_000_000));
    const full = await open("/dev/full", "w");
    const child = start(words, ["ignore", full.fd, "pipe"]);
    expect(await end(child)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^Standard output cannot be written: there is no space left\.\n.+\n$/),
    });
    await full.close();
  });

  test("sends what is piped to it", async () => {
    const child = start(["image-create", "--id", ID, ...FORMATS]);
    child.stdin?.end("piped data");
    expect(await end(child)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(String(cloud.data.get(ID))).toBe("piped data");
  });
});

describe("every command", () => {
  test("can be written as two words", async () => {
    cloud.addImage({ id: ID });
    const environment = signedIn(cloud);
    const joined = await runCli(["image-show", ID], { environment });
    expect(await runCli(["image", "show", ID], { environment })).toEqual(joined);
    expect(joined.exitCode).toBe(0);
  });

  test("is in the help, which is no error", async () => {
    const help = await runCli(["--help"]);
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    for (const name of ["image-create", "image-download", "user-set", "role-remove"])
      expect(help.stdout).toContain(name);
    expect((await runCli(["help", "image-create"])).stdout).toContain("--property <key=value>");
    expect((await runCli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([[["image-show"]], [["image", "nonsense"]], [["nonsense"]], [["image-list", "-f", "xml"]], [[]]])(
    "ends with 2 for %j",
    async (words) => {
      expect(await runCli(words)).toMatchObject({ exitCode: 2, stdout: "" });
    },
  );

  test.each([
    [["user-create", ""], "name"],
    [["user", "delete", "somebody", ""], "user"],
    [["image-show", ""], "image"],
  ])("takes an empty argument for wrong usage: %j", async (words, name) => {
    const result = await runCli(words, { environment: signedIn(cloud) });
    expect(result).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining(`The ${name} is empty.`),
    });
    expect(cloud.seen).toHaveLength(0);
  });

  test.each([300, 404, 405])("says that the auth URL looks wrong where %i answers it", async (status) => {
    cloud.answer("POST", "/identity/v3/auth/tokens", (_request, response) => {
      response.writeHead(status).end();
    });
    const result = await runCli(["image-list"], { environment: signedIn(cloud) });
    expect(result.stderr).toMatch(/is not an identity service.+\nOS_AUTH_URL looks wrong: .+\n$/);
    expect(result.exitCode).toBe(1);
  });

  test("tells with --debug what it asks, and neither password nor token", async () => {
    cloud.addImage({ id: ID });
    const result = await runCli(["--debug", "image-show", ID], { environment: signedIn(cloud) });
    expect(result.stderr).toContain(`> GET ${cloud.url}/v2/images/${ID}`);
    expect(result.stderr).toContain("x-auth-token: ***");
    for (const secret of ["a secret for tests", ...cloud.tokens]) expect(result.stderr).not.toContain(secret);
  });

  test("tells in two lines that nobody answers", async () => {
    const environment = signedIn(cloud);
    await cloud.close();
    const result = await runCli(["image-list"], { environment });
    expect(result).toMatchObject({ exitCode: 1, stdout: "" });
    expect(result.stderr).toBe(
      `Nothing answers at ${cloud.url}: the connection was refused.\nCheck OS_AUTH_URL, OS_CACERT, the endpoint, and that the service is running.\n`,
    );
  });
});
