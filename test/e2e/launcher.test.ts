import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../launcher/ports.ts";
import { identify, type ProcessId } from "../../launcher/processes.ts";
import { clientAt, statusOf } from "./support/asked.ts";
import { glimpse, runProgram } from "./support/cli.ts";
import {
  createImage,
  download,
  eventually,
  into,
  listStatus,
  md5,
  someBytes,
  upload,
} from "./support/images.ts";
import { LAUNCHER, Service } from "./support/service.ts";
import { expectShown } from "./support/shown.ts";

const BODY = someBytes(1024 * 1024);

let service: Service;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "glimpse-launcher-"));
  service = await Service.start();
});

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** As `npm start` starts it, which leaves Node's own warnings out. */
const launch = (...args: string[]) =>
  runProgram(LAUNCHER, args, { env: { NODE_OPTIONS: "--disable-warning=ExperimentalWarning" } }).ended;

const recorded = () => JSON.parse(readFileSync(join(service.dataDir, "run.json"), "utf8")) as ProcessId[];
const commandLines = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => commandLine(Number(name)));
const isRelay = (pid: number) => commandLine(pid).includes("relay/main.ts");

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It has ended.
  }
}
const runs = ({ pid, startedAt }: ProcessId) => identify(pid)?.startedAt === startedAt;

const hashOf = async (id: string): Promise<string> => md5((await download(service, id)).bytes);
const health = (url: string): Promise<number> => statusOf(clientAt(url).api.GET("/healthcheck"));

describe("a start that cannot be says why, in few words, and what to do", () => {
  const inFew = (text: string) => expect(text.trim().split("\n").length).toBeLessThan(4);

  test("all mistakes of the settings at once: 2", async () => {
    const config = join(folder, "wrong.toml");
    writeFileSync(config, '[server]\nlog_level = "loud"\n[identity]\nmode = "none"\n');
    const ended = await launch("--config", config, "--host", "0.0.0.0", "--port", "x");
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    for (const name of ["server.port", "server.log_level", "identity.mode"])
      expect(ended.stderr).toContain(name);
  });

  test("an option that is none: 2; help is no mistake", async () => {
    expect(await launch("--prot", "1")).toMatchObject({ code: 2, stdout: "" });
    expect(await launch("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("--data-dir") });
  });

  test("another on the same data: 1, and that one goes on", async () => {
    const before = recorded();
    const ended = await launch("--data-dir", service.dataDir, "--port", String(await freePort()));
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(service.dataDir) });
    inFew(ended.stderr);
    expect(recorded()).toEqual(before);
    expect(before.every(runs)).toBe(true);
    expect(await listStatus(service)).toBe(200);
  });

  test("another on the same port: 1, and that one goes on", async () => {
    const { port } = new URL(service.url);
    const ended = await launch("--data-dir", join(folder, "other"), "--port", port);
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(port) });
    inFew(ended.stderr);
    expect(existsSync(join(folder, "other"))).toBe(false);
    expect(await listStatus(service)).toBe(200);
  });

  test("data where nothing can be kept, and an address that is not here: 1", async () => {
    const port = String(await freePort());
    const noFolder = join(folder, "file");
    writeFileSync(noFolder, "");
    for (const args of [
      ["--data-dir", noFolder],
      ["--data-dir", "/proc/glimpse"],
      ["--data-dir", join(folder, "elsewhere"), "--host", "192.0.2.1"],
    ]) {
      const ended = await launch("--port", port, ...args);
      expect(ended).toMatchObject({ code: 1, stdout: "" });
      inFew(ended.stderr);
    }
  });
});

test("the first answer that a client gets is a good one, and the openrc is there by then", async () => {
  const dataDir = join(folder, "first");
  const port = String(await freePort());
  for (const _start of ["first", "second"]) {
    const { process: launcher, ended } = runProgram(LAUNCHER, ["--data-dir", dataDir, "--port", port]);
    let first = 0;
    await eventually("it answers", async () => {
      first = await health(`http://127.0.0.1:${port}`);
      return first !== 0;
    });
    expect({ first, openrc: existsSync(join(dataDir, "openrc")) }).toEqual({ first: 200, openrc: true });
    launcher.kill("SIGINT");
    expect((await ended).code).toBe(0);
    rmSync(join(dataDir, "openrc"));
  }
});

test("what is kept is the owner's alone, images apart", () => {
  expect(statSync(service.dataDir).mode & 0o777).toBe(0o700);
  const entries = readdirSync(service.dataDir, { recursive: true, withFileTypes: true });
  const open = entries
    .filter((entry) => entry.name !== "glimpse.toml")
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).mode & 0o077)
    .filter((path) => !path.startsWith(join(service.dataDir, "images")));
  expect(entries.length).toBeGreaterThan(10);
  expect(open).toEqual([]);
});

test("a restart keeps images, users and tokens", async () => {
  const images = await Promise.all([createImage(service), createImage(service)]);
  expect(await upload(service, images[0], BODY)).toBe(204);
  expect(await upload(service, images[1], BODY, into("r2"))).toBe(204);
  const user = ["user-create", "somebody", "--password-file", "-"];
  expect(await glimpse(service, user, { stdin: "her own password" })).toMatchObject({ code: 0 });
  expect(
    await glimpse(service, ["role-add", "--user", "somebody", "--project", "admin", "member"]),
  ).toMatchObject({ code: 0 });
  const token = await service.login("somebody", "her own password");
  expect(await listStatus(service, token)).toBe(200);

  expect(await service.stop()).toBe(0);
  await service.restart();
  expect(await listStatus(service, token)).toBe(200);
  expect(await service.login("somebody", "her own password")).not.toBe("");
  for (const id of images) expect(await hashOf(id)).toBe(md5(BODY));
});

test("--rotate-signing-key ends every token, and no password", async () => {
  const token = await service.login("admin", service.openrc().OS_PASSWORD ?? "");
  await service.stop();
  await service.restart("--rotate-signing-key");
  expect(await listStatus(service, token)).toBe(401);
  const next = await service.login("admin", service.openrc().OS_PASSWORD ?? "");
  expect(await listStatus(service, next)).toBe(200);
  await service.stop();
  await service.restart();
  expect(await listStatus(service, next)).toBe(200);
});

describe("after kill -9 of the launcher the next start", () => {
  test("ends what was left of it, and goes on", async () => {
    const orphans = recorded();
    const left = { worker: service.pid("worker"), relay: service.pid("relay") };
    expect(orphans.map(({ pid }) => pid)).toEqual(expect.arrayContaining(Object.values(left)));
    await service.kill("launcher");
    await service.restart();
    expect(orphans.filter(runs)).toEqual([]);
    expect(service.pid("worker")).not.toBe(left.worker);
    expect(await health(service.url)).toBe(200);
  });

  test("leaves a process alone that has the number of one that was", async () => {
    const bystander = spawn("sleep", ["600"], { stdio: "ignore" });
    try {
      const { pid = 0 } = bystander;
      await service.kill("launcher");
      const orphans = recorded();
      writeFileSync(join(service.dataDir, "run.json"), JSON.stringify([...orphans, { pid, startedAt: "1" }]));
      await service.restart();
      expect(orphans.filter(runs)).toEqual([]);
      expect(identify(pid)).toBeDefined();
    } finally {
      bystander.kill("SIGKILL");
    }
  });

  test("ends what was left of one that was killed while it started", async () => {
    await service.stop();
    const started = service.restart().catch(() => undefined);
    await eventually("it has a child", () => recorded().length > 0);
    const children = recorded();
    await service.kill("launcher");
    await started;
    await service.restart();
    expect(children.filter(runs)).toEqual([]);
    expect(await health(service.url)).toBe(200);
  });
});

test("a relay that was started anew is recorded", async () => {
  const before = service.pid("relay");
  await service.kill("relay");
  await eventually("another relay is recorded", () =>
    recorded().some(({ pid }) => pid !== before && isRelay(pid)),
  );
});

describe("Ctrl-C ends worker and relay, with 0", () => {
  test("also while they start", async () => {
    const dataDir = join(folder, "interrupted");
    const args = [LAUNCHER, "--data-dir", dataDir, "--port", String(await freePort())];
    const launcher = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const output of [launcher.stdout, launcher.stderr]) output.on("data", (text) => (printed += text));
    const exit = once(launcher, "exit");
    await eventually("it has a relay", () => existsSync(join(dataDir, "relay.toml")));
    launcher.kill("SIGINT");
    await exit;
    expect(printed).not.toMatch(/Error|\n +at /);
    await eventually("nothing of it runs", () => commandLines().every((line) => !line.includes(dataDir)));
  });

  test("also when the relay hangs", async () => {
    const processes = recorded();
    process.kill(service.pid("relay"), "SIGSTOP");
    expect(await service.stop()).toBe(0);
    expect(processes.filter(runs)).toEqual([]);
    await service.restart();
  });

  test("in order", async () => {
    const processes = recorded();
    expect(processes.length).toBeGreaterThan(1);
    expect(await service.stop()).toBe(0);
    expect(processes.filter(runs)).toEqual([]);
    expect(recorded()).toEqual([]);
    await service.restart();
  });

  test.each(["worker", "relay"] as const)("also right after the %s was killed", async (which) => {
    await service.kill(which);
    expect(await service.stop()).toBe(0);
    expect(recorded()).toEqual([]);
    await service.restart();
    expect(await listStatus(service)).toBe(200);
  });
});

test("with identity none a client needs nothing but the address", async () => {
  await using open = await Service.start({ settings: { identity: { mode: "none" } } });
  expect(await statusOf(clientAt(open.url).api.GET("/v2/images"))).toBe(200);
  const created = await glimpse(
    open,
    ["image-create", "--name", "free", "--disk-format", "raw", "--container-format", "bare"],
    { stdin: BODY },
  );
  expect(created).toMatchObject({ code: 0, stderr: "" });
  const id = /\| id +\| (\S+)/.exec(created.stdout)?.[1] ?? "";
  await expectShown(open, id, { status: "active", checksum: md5(BODY) });
  expect(await glimpse(open, ["image-list"])).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
});
