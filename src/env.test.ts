import { expect, test } from "vitest";
import { type Env, readConfig } from "./env.ts";

const good = {
  STORES: [{ id: "r2", type: "r2" }],
  IDENTITY: { mode: "embedded" },
  TOKEN_SIGNING_KEY: "0123456789012345678901234567890123456789",
};
const read = (vars: object) => readConfig(vars as unknown as Env);

test("settings that are left out get their defaults", () => {
  const result = read(good);
  expect(result).toMatchObject({
    ok: true,
    config: { transfers: { leaseSeconds: 60, heartbeatSeconds: 15 }, limits: { imagePropertyQuota: 128 } },
  });
});

test("every mistake is reported at once, by name and never by value", () => {
  const result = read({
    STORES: [
      { id: "os_glance_x", type: "r2" },
      { id: "a", type: "tape" },
    ],
    IDENTITY: { mode: "embedded" },
    TOKEN_SIGNING_KEY: "hunter2",
    LIMITS: { imageSizeCapBytes: "big" },
  });
  if (result.ok) throw new Error("the settings were accepted");
  const text = result.problems.join("\n");
  for (const name of ["STORES.0.id", "STORES.1.type", "TOKEN_SIGNING_KEY", "LIMITS.imageSizeCapBytes"])
    expect(text).toContain(name);
  expect(text).not.toContain("hunter2");
});

const RELAY_KEY = { id: "k1", secret: "a secret of the relay that only tests use" };

test.each([
  ["an object", RELAY_KEY],
  ["its JSON, as secrets are kept on Cloudflare", JSON.stringify(RELAY_KEY)],
])("the relay's key is %s", (_, given) => {
  expect(read({ ...good, RELAY_KEY: given })).toMatchObject({ ok: true, config: { relayKey: RELAY_KEY } });
});

test.each(["not JSON", '"text"', "[]", '{"id":"k1"}', '{"id":"k1","secret":"short"}'])(
  "a relay key of %s is refused by name, never by value",
  (given) => {
    const result = read({ ...good, RELAY_KEY: given });
    if (result.ok) throw new Error("the key was accepted");
    expect(result.problems).toEqual([expect.stringContaining("RELAY_KEY")]);
    expect(result.problems.join()).not.toMatch(/not JSON|short\b/);
  },
);

test.each([
  ["two stores of one id", { STORES: [...good.STORES, ...good.STORES] }, "STORES"],
  ["no store at all", { STORES: [] }, "STORES"],
  [
    "a relay store without a key",
    { STORES: [{ id: "f", type: "relay", kind: "file", path: "/images", url: "http://127.0.0.1:1" }] },
    "RELAY_KEY",
  ],
  ["embedded identity without a signing key", { TOKEN_SIGNING_KEY: undefined }, "TOKEN_SIGNING_KEY"],
  [
    "a heartbeat too slow for the lease",
    { TRANSFERS: { leaseSeconds: 10, heartbeatSeconds: 9 } },
    "TRANSFERS",
  ],
  [
    "a list longer without a limit than with one",
    { LIMITS: { listLimitDefault: 3, listLimitMax: 2 } },
    "LIMITS",
  ],
  ["identity none that nobody said is meant", { IDENTITY: { mode: "none" } }, "IDENTITY"],
])("%s is refused", (_, vars, name) => {
  const result = read({ ...good, ...vars });
  expect(result.ok ? [] : result.problems).toContainEqual(expect.stringContaining(name));
});

test("mistakes of one variable and of several together are reported at once", () => {
  const result = read({
    ...good,
    LOG_LEVEL: "loud",
    TOKEN_SIGNING_KEY: undefined,
    TRANSFERS: { leaseSeconds: 10, heartbeatSeconds: 9 },
    STORES: "none",
  });
  const problems = result.ok ? "" : result.problems.join("\n");
  for (const name of ["LOG_LEVEL", "TOKEN_SIGNING_KEY", "TRANSFERS", "STORES"])
    expect(problems).toContain(name);
});

test("identity none is taken when it is meant, and at home, where the launcher has asked", () => {
  const { TOKEN_SIGNING_KEY: _, ...rest } = good;
  expect(read({ ...rest, IDENTITY: { mode: "none", allowAnyone: true } }).ok).toBe(true);
  expect(read({ ...rest, IDENTITY: { mode: "none" }, SINGLE_PROCESS: true }).ok).toBe(true);
});
