import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const FILES = fileURLToPath(new URL("files.ts", import.meta.url));

test("a file of which the disk takes only the beginning does not replace the one that is there", () => {
  const dir = mkdtempSync(join(tmpdir(), "glimpse-files-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "relay.toml");
  writeFileSync(path, "as it was");
  const program = `
    const { writeFileSafely } = await import(${JSON.stringify(FILES)});
    writeFileSafely(${JSON.stringify(path)}, "x".repeat(5000), 0o600);
  `;
  // The limit is in units of 1024 bytes: the first write takes 4096 of them.
  const command = `ulimit -f 4; exec "$0" --input-type=module --eval "$1"`;
  const { status, stderr } = spawnSync("/bin/bash", ["-c", command, process.execPath, program], {
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("EFBIG") });
  expect(readFileSync(path, "utf8")).toBe("as it was");
});
