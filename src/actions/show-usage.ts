import { projectUsage } from "../db/project-usage.ts";
import { usageView } from "../domain/quotas.ts";
import { limitsOf } from "./project-limits.ts";
import type { Scope } from "./scope.ts";

/** `GET /v2/info/usage`: empty while unified limits are off (spec/quotas.md section 2). */
export async function showUsage(scope: Scope) {
  const { projectId } = scope.caller;
  const { unified } = await limitsOf(scope, projectId);
  if (projectId === null || unified === undefined) return { usage: {} };
  return { usage: usageView(unified, await projectUsage(scope.env.DB, projectId)) };
}
