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
])("%s is refused", (_, vars, name) => {
  const result = read({ ...good, ...vars });
  expect(result.ok ? [] : result.problems).toContainEqual(expect.stringContaining(name));
});
