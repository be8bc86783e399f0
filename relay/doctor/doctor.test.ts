import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examineStores } from "./doctor.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "glimpse-doctor-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function examined(path: string, more: { read_only?: boolean } = {}) {
  const lines: string[] = [];
  const well = await examineStores([{ id: "disk", type: "file", path, ...more }], (line) => lines.push(line));
  return { well, lines };
}

test("a directory is tried with bytes that are written, read, and removed again", async () => {
  await mkdir(join(dir, "good/.glimpse-partial/here~1~1"), { recursive: true });
  await writeFile(join(dir, "good/.glimpse-partial/here~1~1/of-a-relay~1"), "x");
  await writeFile(join(dir, "good/an-image"), "x");
  const { lines, well } = await examined(join(dir, "good"));
  expect(well).toBe(true);
  expect(lines).toEqual([
    "ok   disk: can be written",
    "ok   disk: can be read",
    "ok   disk: can be read in part",
    "ok   disk: can be removed from",
    expect.stringMatching(/^ok {3}disk: \d+ GiB are free$/),
  ]);
  expect((await readdir(join(dir, "good"), { recursive: true })).sort()).toEqual([
    ".glimpse-partial",
    ".glimpse-partial/here~1~1",
    ".glimpse-partial/here~1~1/of-a-relay~1",
    "an-image",
  ]);
});

test("a directory that is only read is not written to", async () => {
  await mkdir(join(dir, "old"));
  await chmod(join(dir, "old"), 0o555);
  expect(await examined(join(dir, "old"), { read_only: true })).toEqual({
    well: true,
    lines: [`ok   disk: ${dir}/old can be read, and is only read`],
  });
  expect(await examined(join(dir, "none"), { read_only: true })).toMatchObject({ well: false });
});

test("what is wrong comes with what to do, and makes the whole ill", async () => {
  await writeFile(join(dir, "file"), "x");
  expect(await examined(join(dir, "file"))).toEqual({
    well: false,
    lines: [`FAIL disk: ${dir}/file is no directory`, "     Name another path in the settings."],
  });
  // Nobody, whoever runs this, can write where a file of that name is in the way of the partial ones.
  await mkdir(join(dir, "blocked"));
  await writeFile(join(dir, "blocked/.glimpse-partial"), "x");
  const { lines, well } = await examined(join(dir, "blocked"));
  expect(well).toBe(false);
  expect(lines[0]).toMatch(/^FAIL disk: cannot be written: /);
  expect(lines[1]).toContain("see that its disk is not full or read-only");
});
