import { env } from "cloudflare:workers";
import { RECOUNT } from "./recount.ts";

export interface UsageRow {
  readonly project: string;
  readonly images: number;
  readonly uploading: number;
  readonly bytes: number;
  readonly staged_bytes: number;
  readonly reserved_bytes: number;
}

const usesSomething = ({ project: _, ...counts }: UsageRow) => Object.values(counts).some((n) => n !== 0);

/** What the counters say, of every project that uses anything. */
export async function countedUsage(): Promise<UsageRow[]> {
  const found = await env.DB.prepare("SELECT * FROM project_usage ORDER BY project").all<UsageRow>();
  return found.results.filter(usesSomething);
}

/** What the rows say, in the same form. */
export async function recountedUsage(): Promise<UsageRow[]> {
  const found = await env.DB.prepare(`${RECOUNT} ORDER BY project`).all<UsageRow>();
  return found.results.filter(usesSomething);
}

/** What one project uses; nothing when it never had an image. */
export async function usageOf(project: string): Promise<Partial<UsageRow>> {
  const row = await env.DB.prepare("SELECT * FROM project_usage WHERE project = ?")
    .bind(project)
    .first<UsageRow>();
  return row ?? {};
}
