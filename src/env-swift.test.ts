import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";

const swift = {
  id: "s",
  type: "swift",
  authUrl: "https://keystone.test",
  user: "glance",
  projectName: "service",
};

const problemsOf = (stores: readonly object[], secrets: readonly string[] = ["s"]): readonly string[] => {
  const read = readConfig({
    ...env,
    STORES: stores,
    STORE_SECRETS: secrets.map((store) => ({ store, secret: "hunter2" })),
  } as unknown as Env);
  return read.ok ? [] : read.problems;
};

test("a Swift needs little more than who this service is there", () => {
  expect(problemsOf([swift])).toEqual([]);
  expect(problemsOf([{ ...swift, authVersion: 1, projectName: undefined }])).toEqual([]);
  const { user: _, projectName: __, ...rest } = swift;
  expect(problemsOf([{ ...rest, applicationCredentialId: "id" }])).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ["no user", { user: undefined }, /^STORES\.0 needs either a user and a project/],
  ["no project", { projectName: undefined }, /^STORES\.0 needs either a user and a project/],
  ["a user beside the credential", { applicationCredentialId: "id" }, /^STORES\.0 needs either/],
  ["a project in version 1", { authVersion: 1 }, /^STORES\.0 needs a user, and neither project/],
  ["another version", { authVersion: 2 }, /^STORES\.0\.authVersion/],
  ["a password in the address", { authUrl: "https://u:hunter2@h" }, /^STORES\.0\.authUrl has more than/],
  ["a container with a slash", { container: "a/b" }, /^STORES\.0\.container is not the name/],
  ["a reference that no URL has", { reference: "a@b" }, /^STORES\.0\.reference is not a reference/],
  ["too long a seed", { containerSeed: 33 }, /^STORES\.0\.containerSeed is more than/],
  ["segments that no request takes", { segmentBytes: 6 * 1024 ** 3 }, /^STORES\.0\.segmentBytes is more/],
  ["a binding that there is not", { binding: "NOWHERE" }, /^STORES names a binding/],
  ["a key among the settings", { key: "hunter2" }, /^STORES\.0/],
])("%s is refused by name", (_, more, problem) => {
  const problems = problemsOf([{ ...swift, ...more }]);
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(problems.join()).not.toContain("hunter2");
});

test("each has a secret, and a place of its own", () => {
  expect(problemsOf([swift], [])).toEqual([
    "STORE_SECRETS must have one secret for each store that needs one",
  ]);
  expect(problemsOf([swift, { ...swift, id: "t" }], ["s", "t"])).toEqual([
    expect.stringMatching(/^STORES has s and t both in the container glance of /),
  ]);
  expect(problemsOf([swift, { ...swift, id: "t", container: "other" }], ["s", "t"])).toEqual([]);
});
