import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSecrets } from "./secrets.ts";
import { Unusable } from "./unusable.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "glimpse-secrets-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const file = () => join(folder, "secrets.json");

test("secrets are made once, differ from folder to folder, and are the owner's alone", () => {
  const made = loadSecrets(folder);
  expect(loadSecrets(folder)).toEqual(made);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  rmSync(file());
  const others = loadSecrets(folder);
  expect(others.tokenSigningKey).not.toBe(made.tokenSigningKey);
  expect(others.relayKey.secret).not.toBe(made.relayKey.secret);
  expect(others.adminPassword).not.toBe(made.adminPassword);
});

test("a new signing key leaves the rest as it was", () => {
  const { tokenSigningKey, ...rest } = loadSecrets(folder);
  const rotated = loadSecrets(folder, { rotateSigningKey: true });
  expect(rotated).toMatchObject(rest);
  expect(rotated.tokenSigningKey).not.toBe(tokenSigningKey);
  expect(loadSecrets(folder)).toEqual(rotated);
});

test("a secret that was taken out is made anew", () => {
  const { relayKey, ...rest } = loadSecrets(folder);
  writeFileSync(file(), JSON.stringify(rest));
  const next = loadSecrets(folder);
  expect(next).toMatchObject(rest);
  expect(next.relayKey.secret).not.toBe(relayKey.secret);
});

test.each([
  "[]",
  "null",
  '"hush"',
  '{"relayKey":"hush"}',
  '{"relayKey":{"id":"k1"}}',
  '{"tokenSigningKey":"hush"}',
])("secrets that are JSON and yet no secrets, %s, are refused without a word of them", (text) => {
  writeFileSync(file(), text);
  expect(() => loadSecrets(folder)).toThrow(Unusable);
  expect(() => loadSecrets(folder)).not.toThrow(/hush/);
  expect(readFileSync(file(), "utf8")).toBe(text);
});

test("a file that is no JSON is refused without a word of it, and stays as it is", () => {
  const text = "{ tokenSigningKey: hush }";
  writeFileSync(file(), text);
  expect(() => loadSecrets(folder)).toThrow(Unusable);
  expect(() => loadSecrets(folder)).not.toThrow(/hush/);
  expect(readFileSync(file(), "utf8")).toBe(text);
});
