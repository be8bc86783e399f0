import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../../test/support/streams.ts";
import { HashThreads } from "../hashing/hash-threads.ts";
import { FileStore } from "./file.ts";

const MiB = 1024 * 1024;
const threads = new HashThreads();
const checkpoint = async () => {};
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "glimpse-file-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));
afterAll(() => threads.stop());

const open = (path = dir) => FileStore.open({ dir: path, threads, checkpoint });

async function everyFile(path = dir): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("a stored image", () => {
  test("takes its key, which was unused before", async () => {
    const store = await open();
    const key = randomUUID();
    expect(await store.isUnused(key)).toBe(true);
    await store.put(key, streamOf(bytesOf(1)));
    expect(await store.isUnused(key)).toBe(false);
  });

  test("is a plain file that bears the image's id, as Glance would write it", async () => {
    const store = await open();
    const key = randomUUID();
    const { location } = await store.put(key, streamOf(bytesOf(100_000)));
    expect(location).toBe(`file://${dir}/${key}`);
    expect(new Uint8Array(await readFile(join(dir, key)))).toEqual(bytesOf(100_000));
    expect((await stat(join(dir, key))).mode & 0o777).toBe(0o640);
    expect(await everyFile()).toEqual([key]);
  });

  test("takes no room where it is zero, and has its full length", async () => {
    const store = await open();
    const bytes = new Uint8Array(64 * MiB);
    bytes.set(bytesOf(1000), 32 * MiB + 17);
    await store.put("sparse", streamOf(bytes, MiB));
    const file = await stat(join(dir, "sparse"));
    expect(file.size).toBe(64 * MiB);
    expect(file.blocks * 512).toBeLessThan(MiB);
    expect(Buffer.compare(await readFile(join(dir, "sparse")), bytes)).toBe(0);
  });

  test("that Glance or Nova wrote is read, also under Glance's other scheme", async () => {
    const store = await open();
    await writeFile(join(dir, "theirs"), "theirs");
    expect(await bytesFrom((await store.get(`filesystem://${dir}/theirs`)).body)).toHaveLength(6);
    await store.delete(`filesystem://${dir}/theirs`);
    expect(await everyFile()).toEqual([]);
  });
});

describe("the directory", () => {
  test("is made with its parents when it is missing, and its path may hold what a URL would escape", async () => {
    const odd = join(dir, "a b", "100%", "ü#?");
    const store = await open(odd);
    const { location } = await store.put("a", streamOf(bytesOf(3)));
    expect(location).toBe(`file://${odd}/a`);
    expect(await bytesFrom((await store.get(location)).body)).toEqual(bytesOf(3));
  });

  test("lists and serves only plain files", async () => {
    const store = await open();
    await writeFile(join(dir, "real"), "real");
    await writeFile(join(dir, ".hidden"), "");
    await writeFile(join(dir, "no key"), "");
    await mkdir(join(dir, "folder"));
    await symlink("/etc/passwd", join(dir, "link"));
    execFileSync("mkfifo", [join(dir, "pipe")]);
    const keys: string[] = [];
    for await (const key of store.list("")) keys.push(key);
    expect(keys).toEqual(["real"]);
    for (const name of ["folder", "link", "pipe"]) {
      await expect(store.get(`file://${dir}/${name}`)).rejects.toMatchObject({ kind: "notFound" });
      await expect(store.stat(`file://${dir}/${name}`)).rejects.toMatchObject({ kind: "notFound" });
    }
  });

  test("is not left by any location", async () => {
    const store = await open();
    const outside = `${dir}-outside`;
    for (const location of [
      `file://${dir}/../x`,
      `file://${outside}/x`,
      `file://${dir}//etc`,
      `file://host${dir}/x`,
    ])
      await expect(store.stat(location)).rejects.toMatchObject({ kind: "invalid" });
  });

  test("keeps the file of a taken key, a link that leads nowhere included", async () => {
    const store = await open();
    await symlink("/nowhere/at/all", join(dir, "taken"));
    await expect(store.put("taken", streamOf(bytesOf(3)))).rejects.toMatchObject({ kind: "conflict" });
  });
});

describe("two relays on one directory", () => {
  test("of their writers of one key one wins, and the other's bytes are gone", async () => {
    const [one, two] = [await open(), await open()];
    const [first, second] = [heldStream(bytesOf(MiB), bytesOf(1)), heldStream(bytesOf(MiB, 2), bytesOf(2))];
    const outcomes = Promise.allSettled([one.put("a", first.body), two.put("a", second.body)]);
    await Promise.all([first.reached, second.reached]);
    second.resume();
    first.resume();
    const kinds = (await outcomes).map((outcome) =>
      outcome.status === "rejected" ? outcome.reason.kind : "stored",
    );
    expect(kinds.sort()).toEqual(["conflict", "stored"]);
    expect(await everyFile()).toEqual(["a"]);
  });

  test("a writer cannot publish what the other relay has deleted meanwhile", async () => {
    const store = await open();
    const held = heldStream(bytesOf(MiB), bytesOf(1));
    const outcome = store.put("a", held.body);
    outcome.catch(() => {});
    await held.reached;
    const [partial = ""] = (await readdir(dir, { recursive: true })).filter((name) => name.includes("a~"));
    // What another process does in `delete`, which cannot reach this process's list of running puts.
    await rm(join(dir, partial));
    held.resume();
    await expect(outcome).rejects.toMatchObject({ kind: "gone" });
    expect(await everyFile()).toEqual([]);
  });

  test("a start leaves alone what a living process writes, and removes what dead ones left", async () => {
    const store = await open();
    const held = heldStream(bytesOf(MiB), bytesOf(1));
    const outcome = store.put("living", held.body);
    await held.reached;
    const leave = async (owner: string, name: string) => {
      await mkdir(join(dir, ".glimpse-partial", owner), { recursive: true });
      await writeFile(join(dir, ".glimpse-partial", owner, name), "left over");
    };
    await leave(`${hostname()}~999999999~1`, "dead~1");
    // The process id was given to another program since.
    await leave(`${hostname()}~${process.pid}~1`, "reused~1");
    await leave("another-host~1~1", "fresh~1");
    await leave("a-lost-host~1~1", "old~1");
    const long = new Date(Date.now() - 2 * 86_400_000);
    for (const path of ["a-lost-host~1~1/old~1", "a-lost-host~1~1"])
      await utimes(join(dir, ".glimpse-partial", path), long, long);
    await open();
    expect((await everyFile()).map((name) => name.split("~")[0]).sort()).toEqual(["fresh", "living"]);
    held.resume();
    await outcome;
    expect(await everyFile()).toContain("living");
  });

  test("a crash between publishing and tidying up loses nothing", async () => {
    const owner = join(dir, ".glimpse-partial", `${hostname()}~999999999~1`);
    await mkdir(owner, { recursive: true });
    await writeFile(join(owner, "a~1"), "whole");
    await link(join(owner, "a~1"), join(dir, "a"));
    const store = await open();
    expect(await store.stat(`file://${dir}/a`)).toEqual({ size: 5 });
    expect(await everyFile()).toEqual(["a"]);
  });
});

describe("a disk", () => {
  /** A small one, where this user may mount. */
  const mounted = (): string | undefined => {
    try {
      const path = join(dir, "small");
      execFileSync("mkdir", [path]);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", path], { stdio: "ignore" });
      return path;
    } catch {
      return undefined;
    }
  };

  test("that is full or read-only refuses the image and keeps nothing of it", async (context) => {
    const small = mounted();
    if (!small) return context.skip("a tmpfs cannot be mounted here");
    try {
      const store = await open(small);
      await expect(store.put("large", streamOf(bytesOf(6 * MiB)))).rejects.toMatchObject({ kind: "full" });
      expect(await everyFile(small)).toEqual([]);
      const { location } = await store.put("fits", streamOf(bytesOf(3 * MiB)));
      await expect(store.put("large", streamOf(bytesOf(6 * MiB)))).rejects.toMatchObject({ kind: "full" });
      expect(Buffer.compare(await bytesFrom((await store.get(location)).body), bytesOf(3 * MiB))).toBe(0);
      execFileSync("mount", ["-o", "remount,ro", small]);
      await expect(store.put("more", streamOf(bytesOf(3)))).rejects.toMatchObject({ kind: "writeDenied" });
      await expect(store.delete(location)).rejects.toMatchObject({ kind: "writeDenied" });
      expect(await store.stat(location)).toEqual({ size: 3 * MiB });
    } finally {
      execFileSync("umount", ["-l", small]);
    }
  });
});
