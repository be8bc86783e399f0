import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "glimpse-directory-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a directory is made with what is missing above it, also by several at once, and again", async () => {
  const path = join(folder, "a", "b", "c");
  await Promise.all([
    makeDirectory(path, 0o700),
    makeDirectory(path, 0o700),
    makeDirectory(join(folder, "a")),
  ]);
  await makeDirectory(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test("a place that takes no directories is an error, and not an endless attempt", async () => {
  await expect(makeDirectory("/proc/glimpse/data")).rejects.toThrow("ENOENT");
});
