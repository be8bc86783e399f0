import type { ChildProcess, SpawnOptions } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { RelayProcess } from "./relay-process.ts";
import { loadSecrets } from "./secrets.ts";
import { readSettings } from "./settings.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What becomes of the next process: it is spawned, or there is no room for it, as the system and Node may say. */
const system = vi.hoisted(() => ({
  next: "spawned" as "spawned" | "error" | "thrown",
  children: [] as ChildProcess[],
}));

vi.mock("node:child_process", async (original) => {
  const real = await original<typeof import("node:child_process")>();
  const spawn = (command: string, args: string[], options: SpawnOptions) => {
    const { next } = system;
    system.next = "spawned";
    if (next === "thrown") throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
    const child = real.spawn(next === "error" ? "/there/is/none" : command, args, options);
    if (next === "spawned") system.children.push(child);
    return child;
  };
  return { ...real, spawn };
});

let dir: string;
let said: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "glimpse-spawned-"));
  said = "";
  system.children.length = 0;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

/** A program that listens, as far as the launcher can tell. */
function worker(onSpawn: () => void): WorkerProcess {
  const heard = JSON.stringify({ event: "listen", socket: "entry", port: 1 });
  const script = `echo '${heard}' >&3; exec tail -f /dev/null`;
  return new WorkerProcess({ command: "/bin/sh", args: ["-c", script], sockets: ["entry"] }, onSpawn);
}

function relay(onSpawn: () => void): RelayProcess {
  const settings = readSettings({ dataDir: dir });
  return new RelayProcess({ settings, secrets: loadSecrets(dir), edgeUrl: "http://127.0.0.1:1" }, onSpawn);
}

describe.each([
  ["worker", worker],
  ["relay", relay],
] as const)("a %s", { timeout: 30_000 }, (_, programOf) => {
  test.each(["error", "thrown"] as const)(
    "that the system does not spawn (%s) has not started",
    async (how) => {
      const program = programOf(() => {});
      onTestFinished(() => program.stop());
      system.next = how;
      await expect(program.start()).rejects.toThrow(/ENOENT|ENOMEM/);
    },
  );

  test.each(["error", "thrown"] as const)(
    "that has ended is spawned as soon as the system does (%s)",
    async (how) => {
      const program = programOf(() => {});
      onTestFinished(() => program.stop());
      await program.start();
      const umask = process.umask();
      system.next = how;
      system.children[0]?.kill("SIGKILL");
      await expect.poll(() => system.children.length, { timeout: 20_000 }).toBe(2);
      expect(said).toMatch(/ENOENT|ENOMEM/);
      expect(process.umask()).toBe(umask);
    },
  );

  test("that cannot be recorded is ended, and spawned anew until it can", async () => {
    let spawns = 0;
    const program = programOf(() => {
      if (++spawns === 2) throw new Error("the disk is full");
    });
    onTestFinished(() => program.stop());
    await program.start();
    system.children[0]?.kill("SIGKILL");
    await expect.poll(() => system.children.length, { timeout: 20_000 }).toBe(3);
    expect(system.children.map(({ signalCode }) => signalCode)).toEqual(["SIGKILL", "SIGKILL", null]);
  });
});
