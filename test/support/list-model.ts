import { env } from "cloudflare:workers";
import type { Condition, ListQuery, SortKey } from "../../src/domain/list-query.ts";

/** An image of a small catalogue in which much is equal, null, hidden or gone. */
export interface ModelImage {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly visibility: "public" | "private" | "shared" | "community";
  readonly protected: number;
  readonly os_hidden: number;
  readonly owner: string | null;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly size: number | null;
  readonly virtual_size: number | null;
  readonly checksum: string | null;
  readonly os_hash_value: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, string>>;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const some = <T>(values: readonly T[], share: number) => values.filter(() => next() < share);
  return { next, pick, some };
}
export type Random = ReturnType<typeof randomOf>;

const DAY = 1_700_000_000_000_000;
/** Alike in their first 64 characters, which are all that the index has of them. */
export const LONG = ["x", "y"].map((end) => "v".repeat(70) + end);
const CHECKSUMS = ["1", "2", "3"].map((digit) => digit.repeat(32));
/** Two are alike in their first 32 characters, likewise. */
const HASHES = ["11", "12", "33"].map(([begin = "", end = ""]) => begin.repeat(32) + end.repeat(96));

export function randomImage({ next, pick, some }: Random): ModelImage {
  const status = pick([
    "active",
    "active",
    "active",
    "queued",
    "saving",
    "deactivated",
    "killed",
    "pending_delete",
    "deleted",
  ]);
  const hex = () =>
    Math.floor(next() * 16 ** 4)
      .toString(16)
      .padStart(4, "0");
  return {
    id: `${hex()}${hex()}-${hex()}-4000-8000-${hex()}${hex()}${hex()}`,
    name: pick([null, "", "a", "b", "b", "c"]),
    status,
    visibility: pick(["public", "private", "shared", "shared", "community"]),
    protected: pick([0, 1]),
    os_hidden: pick([0, 0, 0, 0, 1]),
    owner: pick(["p1", "p1", "p2", "p3", null]),
    disk_format: pick([null, "raw", "qcow2"]),
    container_format: pick([null, "bare"]),
    min_disk: pick([0, 1]),
    min_ram: pick([0, 64]),
    size: pick([null, 0, 5, 9]),
    virtual_size: pick([null, null, 0, 7]),
    checksum: pick([null, ...CHECKSUMS]),
    os_hash_value: pick([null, ...HASHES]),
    created_at: DAY + pick([0, 1, 2, 1_000_000, 5_500_000]),
    updated_at: DAY + pick([0, 1, 1_000_000]),
    deleted_at: status === "deleted" ? 1 : null,
    tags: some(["red", "blue", "rare"], 0.4),
    properties: Object.fromEntries(
      some(["os", "long"], 0.6).map((name) => [name, name === "os" ? pick(["x", "y"]) : pick(LONG)]),
    ),
    members: Object.fromEntries(
      some(["p1", "p2", "p3"], 0.4).map((project) => [project, pick(["pending", "accepted", "rejected"])]),
    ),
  };
}

export async function keep(images: readonly ModelImage[]): Promise<void> {
  const statements = images.flatMap(({ tags, properties, members, ...row }) => {
    const columns = Object.keys(row);
    const insert = (sql: string, ...values: unknown[]) => env.DB.prepare(sql).bind(...values);
    return [
      insert(
        `INSERT INTO images (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
        ...Object.values(row),
      ),
      ...tags.map((tag) => insert("INSERT INTO image_tags (image_id, value) VALUES (?, ?)", row.id, tag)),
      ...Object.entries(properties).map(([name, value]) =>
        insert("INSERT INTO image_properties (image_id, name, value) VALUES (?, ?, ?)", row.id, name, value),
      ),
      ...Object.entries(members).map(([member, status]) =>
        insert(
          "INSERT INTO image_members (image_id, member, status, created_at, updated_at) VALUES (?, ?, ?, 0, 0)",
          row.id,
          member,
          status,
        ),
      ),
    ];
  });
  await env.DB.batch(statements);
}

interface Audience {
  readonly projectId: string;
  readonly isAdmin: boolean;
}

/** The table of spec/images.md section 4.5, as it reads. */
function isListed(image: ModelImage, query: ListQuery, { projectId, isAdmin }: Audience): boolean {
  const { visibility } = query;
  const own = image.owner === projectId;
  const status = image.members[projectId];
  const accepted =
    image.visibility === "shared" &&
    image.owner !== null &&
    status !== undefined &&
    (query.memberStatus === "all" || status === query.memberStatus);
  if (visibility === "default")
    return isAdmin
      ? own || image.visibility !== "community"
      : own || accepted || image.visibility === "public";
  if (visibility !== "all" && image.visibility !== visibility) return false;
  return isAdmin || own || accepted || image.visibility === "public" || image.visibility === "community";
}

const COMPARISONS = {
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
};

function meets(image: ModelImage, { column, operator, value }: Condition): boolean {
  const second = column === "created_second" ? image.created_at : image.updated_at;
  const own = column.endsWith("_second")
    ? Math.floor(second / 1_000_000)
    : (image as unknown as Record<string, string | number | null>)[column];
  if (own === null || own === undefined) return false;
  switch (operator) {
    case "eq":
      return own === value;
    case "neq":
      return own !== value;
    case "in":
      return (value as readonly string[]).includes(String(own));
    default:
      return COMPARISONS[operator](Number(own), Number(value));
  }
}

const compare = (a: string | number | null, b: string | number | null): number => {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
};

const compareBy = (query: ListQuery) => (a: ModelImage, b: ModelImage) => {
  const value = (image: ModelImage, key: SortKey) => image[key];
  for (const { key, direction } of query.sort) {
    const order = compare(value(a, key), value(b, key));
    if (order !== 0) return direction === "asc" ? order : -order;
  }
  return 0;
};

/** What the list has from the marker on, by looking at every image. */
export function expectedList(images: readonly ModelImage[], query: ListQuery, audience: Audience): string[] {
  const inOrder = compareBy(query);
  const marker = images.find(({ id }) => id === query.marker);
  return images
    .filter(
      (image) =>
        !query.matchesNothing &&
        image.deleted_at === null &&
        !["killed", "pending_delete"].includes(image.status) &&
        image.os_hidden === Number(query.osHidden) &&
        isListed(image, query, audience) &&
        query.conditions.every((condition) => meets(image, condition)) &&
        query.tags.every((tag) => image.tags.includes(tag)) &&
        query.properties.every(({ name, value }) => image.properties[name] === value) &&
        (marker === undefined || inOrder(image, marker) > 0),
    )
    .sort(inOrder)
    .map(({ id }) => id);
}

const KEYS = ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];

/** What no list is sorted by. */
const ATTRIBUTES = [
  ...[...CHECKSUMS, "", "1"].map((value) => `checksum=${value}`),
  ...[...HASHES, "", "1".repeat(32), "none"].map((value) => `os_hash_value=${value}`),
  `checksum=${CHECKSUMS[0]}&os_hash_value=${HASHES[0]}`,
  ...["virtual_size=7", "virtual_size_min=1", "virtual_size_max=5", "virtual_size=-1"],
  ...["protected=true", "protected=true", "protected=false"],
  ...["min_ram=64", "min_ram=0", "min_ram_min=1", "min_ram_max=63", "min_ram_min=0&min_ram_max=64"],
  ...["min_disk=1", "min_disk_min=1", "min_disk=1&min_disk_max=1", "min_disk=-1"],
];

/** A query string of the API. */
export function randomQuery({ next, pick, some }: Random, ids: readonly string[]): string {
  const params: string[] = [];
  const maybe = (share: number, param: () => string) => next() < share && params.push(param());
  const order = next();
  if (order < 0.4)
    params.push(`sort_key=${pick(KEYS)}`, ...(next() < 0.7 ? [`sort_dir=${pick(["asc", "desc"])}`] : []));
  else if (order < 0.7)
    params.push(
      `sort=${
        some(KEYS, 0.35)
          .map((key) => key + pick(["", ":asc", ":desc"]))
          .join(",") || "name"
      }`,
    );
  maybe(0.3, () => `visibility=${pick(["public", "private", "shared", "community", "all", "all", ""])}`);
  maybe(0.25, () => `member_status=${pick(["pending", "accepted", "rejected", "all"])}`);
  maybe(0.15, () => "os_hidden=true");
  maybe(0.15, () => `owner=${pick(["p1", "p2", "nobody"])}`);
  maybe(0.2, () => `name=${pick(["a", "b", "", "in:a,b", "in:", "in:c,,zzz", "eq:b"])}`);
  maybe(0.15, () => `status=${pick(["active", "queued", "in:active,saving", "killed"])}`);
  maybe(0.1, () => `disk_format=${pick(["raw", "in:raw,qcow2"])}`);
  maybe(0.05, () => `container_format=${pick(["bare", "in:bare,ova"])}`);
  maybe(0.1, () => `id=in:${[pick(ids), pick(ids), pick(ids)].join(",")}`);
  maybe(0.15, () =>
    pick([
      "size=5",
      "size=-1",
      "size=x",
      "size_min=-3",
      "size_min=5",
      "size_max=5",
      "size_max=-1",
      "size_min=0&size_max=5",
    ]),
  );
  for (const share of [0.35, 0.15]) maybe(share, () => pick(ATTRIBUTES));
  const time = new Date(DAY / 1000 + 1000).toISOString();
  for (const column of ["created_at", "updated_at"])
    maybe(0.1, () => `${column}=${pick(["gt:", "gte:", "lt:", "lte:", "eq:", "neq:"])}${time}`);
  for (const tag of some(["red", "blue", "rare", "none"], 0.12)) params.push(`tag=${tag}`);
  maybe(0.15, () => `os=${pick(["x", "y", "z"])}`);
  maybe(0.15, () => `long=${pick([...LONG, "v".repeat(64)])}`);
  params.push(`limit=${pick([1, 2, 3, 7, 100])}`);
  return params.join("&");
}
