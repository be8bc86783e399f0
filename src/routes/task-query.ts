import { TASK_SORT_KEYS, type TaskListQuery } from "../db/tasks.ts";
import { ServiceError } from "../domain/errors.ts";
import { IMAGE_ID } from "../domain/image.ts";
import { TASK_STATUSES, TASK_TYPES } from "../domain/task.ts";

const invalid = (message: string) => new ServiceError("invalid", message);

/** The parameters of `GET /v2/tasks` (spec/info-tasks-cache.md section 2.3). Any others are ignored. */
export function parseTaskQuery(
  params: URLSearchParams,
  limits: { readonly listLimitDefault: number; readonly listLimitMax: number },
): TaskListQuery {
  const one = <T extends string>(name: string, of: readonly T[]): T | undefined => {
    const given = params.get(name);
    if (given === null) return undefined;
    const known = of.find((value) => value === given);
    if (known === undefined) throw invalid(`${name} must be one of ${of.join(", ")}.`);
    return known;
  };
  const marker = params.get("marker");
  if (marker !== null && !new RegExp(IMAGE_ID).test(marker)) throw invalid("The marker is not a UUID.");
  const status = one("status", TASK_STATUSES);
  const type = one("type", TASK_TYPES);
  const owner = params.get("owner");
  return {
    limit: limitOf(params.get("limit"), limits),
    sortKey: one("sort_key", TASK_SORT_KEYS) ?? "created_at",
    sortDir: one("sort_dir", ["asc", "desc"] as const) ?? "desc",
    ...(marker === null ? {} : { marker }),
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
    ...(owner === null ? {} : { owner }),
  };
}

function limitOf(
  given: string | null,
  { listLimitDefault, listLimitMax }: { readonly listLimitDefault: number; readonly listLimitMax: number },
): number {
  if (given === null) return Math.min(listLimitDefault, listLimitMax);
  if (!/^\s*[+-]?\d+\s*$/.test(given)) throw invalid("limit is not a whole number.");
  const limit = Number(given);
  if (limit < 0) throw invalid("limit is negative.");
  return Math.min(limit, listLimitMax);
}
