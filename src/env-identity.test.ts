import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";

const asUser = {
  STORES: [{ id: "r2", type: "r2" }],
  IDENTITY: { mode: "keystone", authUrl: "http://keystone:5000", username: "glance", projectName: "service" },
  KEYSTONE_PASSWORD: "hunter2",
};
const asCredential = {
  STORES: asUser.STORES,
  IDENTITY: { mode: "keystone", authUrl: "http://keystone:5000", applicationCredentialId: "ac" },
  KEYSTONE_APPLICATION_CREDENTIAL_SECRET: "hunter2",
};
const read = (vars: object) => readConfig(vars as unknown as Env);
const identityWith = (fields: object, base: { IDENTITY: object } = asUser) => ({
  ...base,
  IDENTITY: { ...base.IDENTITY, ...fields },
});

test("a Keystone is asked as a user or with an application credential, each with its secret", () => {
  const kept = { cacheSeconds: 60, timeoutSeconds: 10, serviceRoles: ["service"], region: "RegionOne" };
  for (const vars of [asUser, asCredential])
    expect(read(vars)).toMatchObject({ ok: true, config: { identity: kept, keystoneSecret: "hunter2" } });
  expect(read(identityWith({ serviceRoles: ["Service", "nova"] }))).toMatchObject({
    config: { identity: { serviceRoles: ["service", "nova"] } },
  });
});

test.each<[string, object, string]>([
  [
    "neither user nor credential",
    { ...asUser, IDENTITY: { mode: "keystone", authUrl: "http://k" } },
    "IDENTITY needs",
  ],
  [
    "both",
    { ...identityWith({ applicationCredentialId: "ac" }), KEYSTONE_APPLICATION_CREDENTIAL_SECRET: "s" },
    "IDENTITY needs",
  ],
  ["a user without a project", identityWith({ projectName: undefined }), "IDENTITY needs"],
  ["no password", { ...asUser, KEYSTONE_PASSWORD: undefined }, "KEYSTONE_PASSWORD is missing"],
  [
    "no secret",
    { ...asCredential, KEYSTONE_APPLICATION_CREDENTIAL_SECRET: undefined },
    "KEYSTONE_APPLICATION_CREDENTIAL_SECRET is missing",
  ],
  ["an address that is no http", identityWith({ authUrl: "ldap://k" }), "IDENTITY.authUrl"],
  [
    "an address with a password",
    identityWith({ authUrl: "http://me:hunter2@k" }),
    "IDENTITY.authUrl has more",
  ],
  [
    "an address with a query",
    identityWith({ publicAuthUrl: "http://k/v3?" }),
    "IDENTITY.publicAuthUrl has more",
  ],
  ["answers kept for more than a minute", identityWith({ cacheSeconds: 61 }), "IDENTITY.cacheSeconds"],
  ["no time to answer", identityWith({ timeoutSeconds: 0 }), "IDENTITY.timeoutSeconds"],
  ["a setting of embedded identity", identityWith({ tokenSeconds: 60 }), "IDENTITY"],
  ["a binding that is not there", identityWith({ binding: "KEYSTONE" }), "IDENTITY names a binding"],
])("Keystone with %s is the one thing reported, by name and never by value", (_what, vars, problem) => {
  const result = read(vars);
  const problems = result.ok ? [] : result.problems;
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems.join()).not.toContain("hunter2");
});
