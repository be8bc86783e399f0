import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { STANDING, standingOf } from "./standing.ts";

test("the standing of a token is found by indexes alone, however many users there are", async () => {
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${STANDING}`)
    .bind("user", "project", "audit", "credential")
    .all<{ detail: string }>();
  const scans = plan.results
    .map((row) => row.detail)
    .filter((detail) => /^SCAN (?!json_each|CONSTANT)/.test(detail));
  expect(plan.results.length).toBeGreaterThan(4);
  expect(scans).toEqual([]);
});

test("a user who is gone has no standing", async () => {
  const of = { userId: "gone", projectId: null, auditId: "a", applicationCredentialId: null };
  expect(await standingOf(env.DB, of)).toBeUndefined();
});
