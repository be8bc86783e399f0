import type { SpawnOptions } from "node:child_process";
import { fstatSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { Ceph } from "./ceph.ts";

const system = vi.hoisted(() => ({ spawn: (_options: SpawnOptions): unknown => undefined, fd: 0 }));

vi.mock("node:child_process", async (original) => ({
  ...(await original<typeof import("node:child_process")>()),
  spawn: (_command: string, _args: string[], options: SpawnOptions) => system.spawn(options),
}));

const { spawn } = await vi.importActual<typeof import("node:child_process")>("node:child_process");

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

test.each([
  [
    "throws",
    () => {
      throw new Error("spawn ENOMEM");
    },
  ],
  ["emits an error", (options: SpawnOptions) => spawn("/there/is/none", [], options)],
])(
  "a process for Ceph for which there is no room (Node %s) is an outage, and leaves no memory",
  async (_, how) => {
    system.spawn = (options) => {
      system.fd = Number((options.stdio as unknown[])[4]);
      return how(options);
    };
    const settings = { conf: "/dev/null", user: "u", pool: "p", timeoutSeconds: 1, fsid: "f" };
    const ceph = new Ceph({ ...settings, log: { warn: () => {} } });
    await expect(ceph.process()).rejects.toMatchObject({ kind: "unavailable" });
    await expect.poll(() => isOpen(system.fd)).toBe(false);
    await ceph.close();
  },
);
