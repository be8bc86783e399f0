import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { standingOf } from "./standing.ts";

test("the standing of a token is found by indexes alone, however many users there are", async () => {
  const prepare = vi.spyOn(env.DB, "prepare");
  const of = {
    userId: "user",
    projectId: "project",
    auditId: "audit",
    applicationCredentialId: "credential",
  };
  await standingOf(env.DB, of);
  const [asked] = prepare.mock.calls;
  prepare.mockRestore();
  const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked?.[0]}`)
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
