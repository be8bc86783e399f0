import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { expect, test } from "vitest";
import { users } from "../db/identity-schema.ts";
import { errorFields } from "./log.ts";

test("what is logged of a failed query is what the database said, never its parameters", async () => {
  const twice = { id: "one", name: "one", passwordHash: "a hash that must not be logged" };
  const failure = await drizzle(env.DB)
    .insert(users)
    .values([twice, twice])
    .catch((error: unknown) => error);
  const logged = JSON.stringify(errorFields(failure));
  expect(logged).toContain("UNIQUE constraint failed");
  expect(logged).not.toContain("must not be logged");
});
