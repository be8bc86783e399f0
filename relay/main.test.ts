import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { holdAt, RelayProgram } from "../test/support/relay-process.node.ts";
import { bytesFrom, bytesOf, streamOf } from "../test/support/streams.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const LINKED = fileURLToPath(new URL("./bin/glimpse-relay", import.meta.url));
const MiB = 1024 * 1024;

let program: RelayProgram;
beforeEach(async () => {
  program = await RelayProgram.create();
});
afterEach(() => program.remove());

async function everyFile(): Promise<string[]> {
  const entries = await readdir(program.dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** What a relay that was started by hand prints first. */
async function firstLine(args: string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  const ended = once(child, "exit");
  child.kill();
  await ended;
  return line;
}

test("an outage is a line in the log, without a stack", async () => {
  const config = join(program.dir, "..", "front.toml");
  const settings = `
listen.port = 0
keys = [{ id = "k1", secret = "${"s".repeat(32)}" }]
edge.url = "http://127.0.0.1:9"
front_door.port = 0
`;
  await writeFile(config, settings, { mode: 0o600 });
  const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  for await (const line of createInterface(child.stdout)) {
    const { message, url, err } = JSON.parse(line);
    if (message === "the front door listens") void fetch(`${url}/v2/images`);
    if (!err) continue;
    expect(err).toMatch(/^ECONNREFUSED: connect ECONNREFUSED 127\.0\.0\.1:9$/);
    return;
  }
  expect.unreachable("the outage was not logged");
});

/** The program as npm links it, for a person whose Node cannot run it: here even `node --version` fails. */
async function runLinked(args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "glimpse-relay-linked-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "node"), "#!/bin/sh\nexit 99\n", { mode: 0o755 });
  await symlink(LINKED, join(folder, "glimpse-relay"));
  const env = { PATH: `${folder}:${process.env.PATH}` };
  return promisify(execFile)("glimpse-relay", args, { env });
}

const run = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; errors: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, _, errors) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, errors }),
    );
  });

describe("a relay that is killed", { timeout: 20_000 }, () => {
  test.each(["relay-mid-body", "relay-before-publish"])(
    "at %s keeps nothing, and takes the key again",
    async (point) => {
      const hold = await holdAt(point);
      onTestFinished(() => hold.close());
      const store = await program.start({ GLIMPSE_CHECKPOINT_URL: hold.url });
      const other = randomUUID();
      const key = randomUUID();
      const writing = store.put(key, streamOf(bytesOf(3 * MiB)));
      writing.catch(() => {});
      await hold.reached;
      await program.end("SIGKILL");
      await expect(writing).rejects.toMatchObject({ kind: "unavailable" });
      expect(await readdir(program.dir)).not.toContain(key);

      const again = await program.start();
      expect(await everyFile()).toEqual([]);
      await again.put(key, streamOf(bytesOf(2 * MiB, 2)));
      await again.put(other, streamOf(bytesOf(1)));
      expect((await everyFile()).sort()).toEqual([key, other].sort());
      expect(
        Buffer.compare(await bytesFrom((await again.get(again.locationOf(key))).body), bytesOf(2 * MiB, 2)),
      ).toBe(0);
    },
  );

  test("at relay-after-publish has the whole image, which can be deleted", async () => {
    const hold = await holdAt("relay-after-publish");
    onTestFinished(() => hold.close());
    const store = await program.start({ GLIMPSE_CHECKPOINT_URL: hold.url });
    const key = randomUUID();
    const writing = store.put(key, streamOf(bytesOf(3 * MiB)));
    writing.catch(() => {});
    await hold.reached;
    await program.end("SIGKILL");
    await expect(writing).rejects.toMatchObject({ kind: "unavailable" });

    const again = await program.start();
    expect(await everyFile()).toEqual([key]);
    expect(
      Buffer.compare(await bytesFrom((await again.get(again.locationOf(key))).body), bytesOf(3 * MiB)),
    ).toBe(0);
    await again.delete(again.locationOf(key));
    expect(await everyFile()).toEqual([]);
  });
});

describe("a relay that is told to end", { timeout: 20_000 }, () => {
  test.each(["SIGTERM", "SIGINT"] as const)("by %s finishes its upload and exits 0", async (signal) => {
    const hold = await holdAt("relay-before-publish");
    onTestFinished(() => hold.close());
    const store = await program.start({ GLIMPSE_CHECKPOINT_URL: hold.url });
    const key = randomUUID();
    const stored = store.put(key, streamOf(bytesOf(3 * MiB)));
    await hold.reached;
    const code = program.end(signal);
    hold.letGo();
    expect(await stored).toMatchObject({ size: 3 * MiB });
    expect(await code).toBe(0);
    expect(await readdir(program.dir)).toEqual([key]);
  });
});

describe("an upload whose edge goes away", { timeout: 20_000 }, () => {
  test("while it is published is taken back, because nobody will ask for it", async () => {
    const hold = await holdAt("relay-after-publish");
    onTestFinished(() => hold.close());
    const store = await program.start({ GLIMPSE_CHECKPOINT_URL: hold.url });
    const abort = new AbortController();
    const writing = store.put(randomUUID(), streamOf(bytesOf(3 * MiB)), { signal: abort.signal });
    writing.catch(() => {});
    await hold.reached;
    abort.abort(new Error("the lease is lost"));
    await expect(writing).rejects.toThrow("the lease is lost");
    hold.letGo();
    await expect.poll(everyFile).toEqual([]);
  });
});

describe("two relays on one directory", { timeout: 20_000 }, () => {
  test("what one deletes, the other cannot publish any more", async () => {
    const hold = await holdAt("relay-before-publish");
    onTestFinished(() => hold.close());
    const store = await program.start({ GLIMPSE_CHECKPOINT_URL: hold.url });
    const second = await RelayProgram.create(program);
    onTestFinished(() => second.remove());
    const other = await second.start();
    const key = randomUUID();
    const writing = store.put(key, streamOf(bytesOf(3 * MiB)));
    writing.catch(() => {});
    await hold.reached;
    await other.delete(other.locationOf(key));
    hold.letGo();
    await expect(writing).rejects.toMatchObject({ kind: "gone" });
    expect(await everyFile()).toEqual([]);
  });
});

describe("the program", { timeout: 20_000 }, () => {
  test("exits 2 with every mistake in its settings", async () => {
    const file = join(program.dir, "..", "wrong.toml");
    await writeFile(file, 'log_level = "loud"\nkeys = []\n[listen]\nport = -1\n');
    const { code, errors } = await run(["--config", file]);
    expect(code).toBe(2);
    for (const name of ["log_level", "keys", "listen.port", "stores"]) expect(errors).toContain(name);
  });

  test("exits 2 without a readable settings file", async () => {
    expect(await run([])).toMatchObject({ code: 2, errors: expect.stringContaining("--config") });
    expect(await run(["--config", "/nowhere.toml"])).toMatchObject({
      code: 2,
      errors: expect.stringContaining("ENOENT"),
    });
    expect(await run(["--colour"])).toMatchObject({ code: 2 });
  });

  test("logs where it listens, in one form with the worker's log", async () => {
    const file = join(program.dir, "..", "loud.toml");
    const settings = await readFile(program.config, "utf8");
    await writeFile(file, settings.replace("silent", "info"), { mode: 0o600 });
    expect(JSON.parse(await firstLine(["--config", file]))).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: "info",
      message: "the relay listens",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
  });

  test("says so when a port is taken, and leaves whoever has it alone", async () => {
    const store = await program.start();
    await store.put("kept", streamOf(bytesOf(3)));
    const port = new URL(program.url).port;
    const second = await run(["--config", program.config], { GLIMPSE_RELAY_PORT: port });
    expect(second).toMatchObject({ code: 1, errors: expect.stringContaining("EADDRINUSE") });
    expect(await store.stat(store.locationOf("kept"))).toEqual({ size: 3 });
  });

  test("outlives a file that is larger than the system lets it write", async () => {
    const store = await program.start({}, "ulimit -f 2048");
    await expect(store.put("large", streamOf(bytesOf(6 * MiB)))).rejects.toMatchObject({ kind: "full" });
    expect(await store.put("fits", streamOf(bytesOf(MiB)))).toMatchObject({ size: MiB });
    expect(await everyFile()).toEqual(["fits"]);
  });
});

test("glimpse-relay runs with the Node that npm brought along, whatever the person's own is", async () => {
  expect(await runLinked(["--help"])).toMatchObject({
    stdout: expect.stringMatching(/^usage: glimpse-relay --config FILE\n/),
    stderr: "",
  });
});
