import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { D1_OBJECTS, leadHomeToCatalogue } from "./catalogue-file.ts";

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "glimpse-catalogue-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test("the objects' folder leads to D1's file, at each start", () => {
  const path = directory();
  mkdirSync(join(path, "d1", D1_OBJECTS), { recursive: true });
  writeFileSync(join(path, "d1", D1_OBJECTS, "file"), "catalogue");
  for (const _ of "12") leadHomeToCatalogue(path);
  expect(readFileSync(join(path, "do", D1_OBJECTS, "file"), "utf8")).toBe("catalogue");
});

test("a copy in the link's place, which would be taken for the catalogue, is refused", () => {
  const path = directory();
  mkdirSync(join(path, "do", D1_OBJECTS), { recursive: true });
  expect(() => leadHomeToCatalogue(path)).toThrow("is no link to the catalogue");
});
