import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { D1_OBJECTS, keepInMemory, leadHomeToCatalogue } from "./catalogue-file.ts";

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

test("whoever opens the catalogue after a start keeps 4,000 of its pages in memory", () => {
  const file = join(directory(), "catalogue.sqlite");
  const pages = () => {
    using db = new DatabaseSync(file);
    db.exec("CREATE TABLE IF NOT EXISTS images (id TEXT)");
    return db.prepare("PRAGMA cache_size").get()?.cache_size;
  };
  expect(pages()).toBe(-2_000);
  for (const _ of "12") keepInMemory(file);
  expect(pages()).toBe(4_000);
});

test("a catalogue that is none is left as it is, for the worker to report", () => {
  const file = join(directory(), "catalogue.sqlite");
  writeFileSync(file, "not a database, and long enough to be looked at as one".repeat(100));
  const before = readFileSync(file);
  keepInMemory(file);
  expect(readFileSync(file)).toEqual(before);
});
