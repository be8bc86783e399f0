import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { parseListQuery } from "../domain/list-query.ts";
import { D1_PARAMETERS } from "../limits.ts";
import { imageListSql } from "./image-list.ts";

const LIMITS = { listLimitDefault: 25, listLimitMax: 1000 };

const statement = (query: string, isAdmin: boolean) =>
  imageListSql(parseListQuery(new URLSearchParams(query), LIMITS), { projectId: "p1", isAdmin });

/** The steps that the database takes, without those of each found image's own properties, tags and stores. */
async function steps(query: string, isAdmin: boolean): Promise<string[]> {
  const { sql, values } = statement(query, isAdmin);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results
    .map((row) => row.detail)
    .filter((detail) => /images\b|image_members|TEMP|SCAN page|(SCAN|SEARCH) i\b/.test(detail));
}

const OWN = "SEARCH images USING INDEX images_by_owner";
const OTHERS = "SEARCH images USING INDEX images_by_visibility";
const SHARED = [
  "SEARCH image_members USING INDEX image_members_by_member (member=? AND status=?)",
  "SEARCH images USING INDEX sqlite_autoindex_images_1 (id=?)",
  // The images that one project was given: the one sort there is.
  "USE TEMP B-TREE FOR ORDER BY",
];

test.each([
  ["", "(owner=? AND os_hidden=?)", "(visibility=? AND os_hidden=?)", ""],
  [
    "limit=5&marker=x",
    "(owner=? AND os_hidden=? AND created_at<?)",
    "(visibility=? AND os_hidden=? AND created_at<?)",
    "",
  ],
  [
    "sort_dir=asc&marker=x",
    "(owner=? AND os_hidden=? AND created_at>?)",
    "(visibility=? AND os_hidden=? AND created_at>?)",
    "",
  ],
  ["sort=name:asc", "(owner=? AND os_hidden=?)", "(visibility=? AND os_hidden=?)", "_name"],
  [
    "sort=name:asc&marker=x",
    "(owner=? AND os_hidden=? AND <expr>>?)",
    "(visibility=? AND os_hidden=? AND <expr>>?)",
    "_name",
  ],
  [
    "name=x",
    "(owner=? AND os_hidden=? AND <expr>=?)",
    "(visibility=? AND os_hidden=? AND <expr>=?)",
    "_name",
  ],
])(
  "a member's list by %j walks an index for each way to be listed, in order",
  async (query, own, others, suffix) => {
    const plan = (await steps(query, false)).filter((step) => !step.startsWith("SEARCH m "));
    expect(plan.slice(0, 2)).toEqual([`${OWN}${suffix} ${own}`, `${OTHERS}${suffix} ${others}`]);
    expect(plan.slice(2, 5)).toEqual(SHARED);
    expect(plan.slice(5, 7)).toEqual(["SCAN page", "SEARCH i USING INDEX sqlite_autoindex_images_1 (id=?)"]);
    expect(plan.slice(7).filter((step) => !step.includes("image_members"))).toEqual([]);
  },
);

test.each([
  "",
  "marker=x",
  "sort=name:asc",
  "sort=name:desc&marker=x",
  "visibility=all",
  "owner=p2",
  "tag=a&os_distro=b",
])("an administrator's list by %j sorts nothing and scans nothing", async (query) => {
  const plan = (await steps(query, true)).join("\n");
  expect(plan).not.toMatch(/SCAN (?!page)|TEMP/);
});

test.each(["public", "community", "private", "shared", "all"])(
  "no way to list %s images scans the table",
  async (visibility) => {
    for (const isAdmin of [true, false])
      for (const more of ["", "&sort=size:asc", "&id=in:a,b", "&sort=name:asc,size:desc&marker=x"])
        expect(await steps(`visibility=${visibility}${more}`, isAdmin)).not.toContainEqual(
          expect.stringMatching(/SCAN (?!page)/),
        );
  },
);

test("a statement stays within what D1 takes, whatever is asked", () => {
  const columns =
    "name id status container_format disk_format owner checksum os_hash_algo os_hash_value size virtual_size min_disk min_ram"
      .split(" ")
      .map((column) => `${column}=1`);
  const numbers = ["size", "virtual_size", "min_disk", "min_ram"].flatMap((c) => [
    `${c}_min=1`,
    `${c}_max=2`,
  ]);
  const times = ["created_at=2026-01-01", "updated_at=gt:2026-01-01", "protected=true", "marker=x"];
  const sort = "sort=name,status:asc,container_format,disk_format:asc,size,id:asc,created_at,updated_at:asc";
  const free = Array.from({ length: 500 }, (_, at) => `p${at}=v&tag=t${at}`);
  const query = [...columns, ...numbers, ...times, sort, ...free, "visibility=all&member_status=all"].join(
    "&",
  );
  for (const isAdmin of [true, false]) {
    const { sql, values } = statement(query, isAdmin);
    expect(values.length).toBeLessThanOrEqual(D1_PARAMETERS);
    expect(sql.split("UNION ALL").length).toBeLessThanOrEqual(5);
    expect(sql.length).toBeLessThan(100_000);
  }
});
