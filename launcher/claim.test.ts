import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { claim } from "./claim.ts";
import { Unusable } from "./unusable.ts";

const folder = mkdtempSync(join(tmpdir(), "glimpse-claim-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a directory that cannot be made is refused at once", async () => {
  await expect(claim("/proc/glimpse")).rejects.toThrow(
    /^The data directory \/proc\/glimpse cannot be used: ENOENT/,
  );
});

test.each(["", "[", "{}", '[{"pid":-1,"startedAt":"1"}]', '[{"pid":"1"}]', "null"])(
  "a record of processes that says %j is refused, and the directory is free again",
  async (text) => {
    const runFile = join(folder, "run.json");
    writeFileSync(runFile, text);
    await expect(claim(folder)).rejects.toThrow(Unusable);
    rmSync(runFile);
    (await claim(folder)).release();
  },
);
