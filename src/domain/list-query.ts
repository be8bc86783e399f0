import { ServiceError } from "./errors.ts";
import { VISIBILITIES } from "./image.ts";
import { isNumberFilter, numberCondition } from "./list-numbers.ts";
import { stringCondition } from "./list-strings.ts";
import { timeCondition } from "./list-times.ts";
import { MEMBER_STATUSES } from "./member.ts";

export const SORT_KEYS = [
  "name",
  "status",
  "container_format",
  "disk_format",
  "size",
  "id",
  "created_at",
  "updated_at",
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface SortTerm {
  readonly key: SortKey;
  readonly direction: "asc" | "desc";
}

/** One comparison of one attribute. `db/list-filters.ts` knows the SQL of each column and operator. */
export interface Condition {
  readonly column:
    | "name"
    | "id"
    | "status"
    | "container_format"
    | "disk_format"
    | "owner"
    | "protected"
    | "size"
    | "virtual_size"
    | "min_disk"
    | "min_ram"
    | "checksum"
    | "os_hash_algo"
    | "os_hash_value"
    | "created_at"
    | "updated_at"
    /** Whole seconds, as the API shows times. */
    | "created_second"
    | "updated_second";
  readonly operator: "eq" | "neq" | "gt" | "gte" | "lt" | "lte" | "in";
  readonly value: string | number | readonly string[];
}

export const LISTED_VISIBILITIES = [...VISIBILITIES, "all"] as const;
export const LISTED_MEMBER_STATUSES = [...MEMBER_STATUSES, "all"] as const;

/** What `GET /v2/images` asks for (spec/images.md section 4). */
export interface ListQuery {
  readonly limit: number;
  /** Id of the last image already seen. */
  readonly marker?: string;
  /** Complete, tie-breakers included: no two images are equal in this order. */
  readonly sort: readonly SortTerm[];
  readonly visibility: (typeof LISTED_VISIBILITIES)[number] | "default";
  readonly memberStatus: (typeof LISTED_MEMBER_STATUSES)[number];
  readonly osHidden: boolean;
  readonly conditions: readonly Condition[];
  /** An image must have all of them. */
  readonly tags: readonly string[];
  /** An image must have all of them. */
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  /** Some filter cannot match any image. */
  readonly matchesNothing: boolean;
}

export interface ListLimits {
  readonly listLimitDefault: number;
  readonly listLimitMax: number;
}

const invalid = (message: string) => new ServiceError("invalid", message);

/** Longer than any tag: a filter by the empty tag matches nothing, even where an image has it (spec/images.md section 4.3). */
const NO_TAG = "-".repeat(256);

/** Relations of an image, which are no properties: a filter by one is refused (spec/images.md section 4.3). */
const RELATIONS = new Set(["properties", "locations", "members", "tags"]);

/** Parses the query. A repeated parameter keeps its last value, unless it may be repeated. */
export function parseListQuery(params: URLSearchParams, limits: ListLimits): ListQuery {
  const conditions: Condition[] = [];
  const properties: { name: string; value: string }[] = [];
  let visibility: ListQuery["visibility"] = "default";
  let memberStatus: ListQuery["memberStatus"] = "accepted";
  let osHidden = false;
  let matchesNothing = false;
  for (const [name, value] of new Map(params)) {
    refuseUnstorable(name, value);
    switch (name) {
      case "limit":
      case "marker":
      case "sort":
      case "sort_key":
      case "sort_dir":
      case "tag":
      case "deleted":
        break;
      case "changes-since":
        throw invalid("The changes-since filter is not supported on v2.");
      case "visibility":
        if (value === "") matchesNothing = true;
        else visibility = oneOf(LISTED_VISIBILITIES, value, "visibility value");
        break;
      case "member_status":
        memberStatus = oneOf(LISTED_MEMBER_STATUSES, value, "status");
        break;
      case "os_hidden":
        osHidden = oneOf(["true", "false"], value.toLowerCase(), "value for os_hidden") === "true";
        break;
      case "protected":
        conditions.push({
          column: name,
          operator: "eq",
          value: Number(oneOf(["true", "false"], value, "value for protected") === "true"),
        });
        break;
      case "name":
      case "id":
      case "status":
      case "container_format":
      case "disk_format":
        conditions.push(stringCondition(name, value));
        break;
      case "owner":
      case "checksum":
      case "os_hash_algo":
      case "os_hash_value":
        conditions.push({ column: name, operator: "eq", value });
        break;
      case "created_at":
      case "updated_at":
        conditions.push(timeCondition(name, value));
        break;
      default: {
        if (RELATIONS.has(name)) throw invalid(`Images cannot be filtered by ${name}.`);
        if (!isNumberFilter(name)) {
          properties.push({ name, value });
          break;
        }
        const condition = numberCondition(name, value);
        if (condition) conditions.push(condition);
        else matchesNothing = true;
      }
    }
  }
  const marker = params.getAll("marker").at(-1);
  if (marker === "") throw invalid("The marker is empty.");
  return {
    limit: limitOf(params, limits),
    ...(marker === undefined ? {} : { marker }),
    sort: sortOf(params),
    visibility,
    memberStatus,
    osHidden,
    conditions,
    tags: params.getAll("tag").map((tag) => tag || NO_TAG),
    properties,
    matchesNothing,
  };
}

function refuseUnstorable(name: string, value: string): void {
  if (name.includes("\0") || value.includes("\0")) throw invalid("The query has a NUL character.");
}

function oneOf<T extends string>(values: readonly T[], value: string, what: string): T {
  const found = values.find((known) => known === value);
  if (found === undefined) throw invalid(`Invalid ${what}: ${value}`);
  return found;
}

function limitOf(params: URLSearchParams, limits: ListLimits): number {
  const given = params.getAll("limit").at(-1);
  if (given === undefined) return Math.min(limits.listLimitDefault, limits.listLimitMax);
  if (!/^[+-]?\d+$/.test(given)) throw invalid("limit param must be an integer");
  const limit = Number(given);
  if (limit < 0) throw invalid("limit param must be positive");
  return Math.min(limit, limits.listLimitMax);
}

const sortKey = (key: string): SortKey => {
  const found = SORT_KEYS.find((known) => known === key);
  if (found === undefined)
    throw invalid(`Invalid sort key: ${key}. It must be one of the following: ${SORT_KEYS.join(", ")}.`);
  return found;
};

const sortDirection = (direction: string): "asc" | "desc" =>
  oneOf(["asc", "desc"], direction, "sort direction");

/** The requested order, followed by `created_at` and `id`, which make it total (spec/images.md section 4.2). */
function sortOf(params: URLSearchParams): SortTerm[] {
  const { keys, directions } = sortTerms(params);
  const [only, ...others] = directions;
  const tie = only !== undefined && others.length === 0 ? only : "desc";
  const terms = keys.map((key, at) => ({ key, direction: directions[at] ?? tie }));
  for (const key of ["created_at", "id"] as const) terms.push({ key, direction: tie });
  return terms.filter((term, at) => terms.findIndex((other) => other.key === term.key) === at);
}

function sortTerms(params: URLSearchParams): { keys: SortKey[]; directions: ("asc" | "desc")[] } {
  const sort = params.getAll("sort").at(-1);
  const keys = params.getAll("sort_key").map(sortKey);
  const directions = params.getAll("sort_dir").map(sortDirection);
  if (sort === undefined) {
    const asked = keys.length > 0 ? keys : (["created_at"] as const);
    if (directions.length > 1 && directions.length !== asked.length)
      throw invalid("Number of sort dirs does not match the number of sort keys");
    return { keys: [...asked], directions };
  }
  if (keys.length + directions.length > 0) throw invalid("Old and new sorting syntax cannot be combined.");
  const terms = sort.split(",").map((term) => {
    const [key = "", direction = "desc", ...rest] = term.split(":");
    if (rest.length > 0) throw invalid(`Invalid sort term: ${term}`);
    return { key: sortKey(key.trim()), direction: sortDirection(direction.trim()) };
  });
  return { keys: terms.map((term) => term.key), directions: terms.map((term) => term.direction) };
}
