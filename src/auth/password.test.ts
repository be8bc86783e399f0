import { expect, test } from "vitest";
import { hashSecret, isOutdated, isSecret } from "./password.ts";

test("only the secret that was hashed is the secret, and the hash does not show it", async () => {
  const stored = await hashSecret("correct horse");
  expect(stored).toMatch(/^scrypt\$16384\$8\$5\$/);
  expect(stored).not.toContain("horse");
  expect(await isSecret("correct horse", stored)).toBe(true);
  expect(await isSecret("correct hors", stored)).toBe(false);
});

test("two hashes of one secret differ", async () => {
  expect(await hashSecret("x")).not.toBe(await hashSecret("x"));
});

test("without a hash there is no secret, not even one of zeros", async () => {
  expect(await isSecret("", null)).toBe(false);
});

test("a hash made at lower costs still works, and says that it is outdated", async () => {
  // scrypt("old", salt of zeros, N = 1024, r = 8, p = 1), computed by Python's hashlib.
  const stored = "scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA==$I3pHC5g7H1CZ949mBRMmtv7VEB5bH5S4Jo4MQ8eOUm8=";
  expect(await isSecret("old", stored)).toBe(true);
  expect(isOutdated(stored)).toBe(true);
  expect(isOutdated(await hashSecret("new"))).toBe(false);
});

test("composed and decomposed letters are one password", async () => {
  expect(await isSecret("cafe\u0301", await hashSecret("caf\u00e9"))).toBe(true);
});

test("more derivations at once than can wait are refused, and the others finish", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, () =>
      isSecret(
        "old",
        "scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA==$I3pHC5g7H1CZ949mBRMmtv7VEB5bH5S4Jo4MQ8eOUm8=",
      ),
    ),
  );
  const refused = results.filter((r) => r.status === "rejected");
  expect(refused).toHaveLength(7);
  expect(refused[0]?.reason).toMatchObject({ kind: "unavailable" });
});
