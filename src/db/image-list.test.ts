import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { parseListQuery, SORT_KEYS, type SortKey } from "../domain/list-query.ts";
import { imageListSql } from "./image-list.ts";

/** The most bound parameters of one D1 statement (workers-facts: D1). */
const D1_PARAMETERS = 100;

const LIMITS = { listLimitDefault: 25, listLimitMax: 1000 };

const statement = (query: string, isAdmin: boolean) =>
  imageListSql(parseListQuery(new URLSearchParams(query), LIMITS), { projectId: "p1", isAdmin });

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

async function plan(query: string, isAdmin: boolean): Promise<Step[]> {
  const { sql, values } = statement(query, isAdmin);
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<Step>();
  return results;
}

const details = (steps: readonly Step[]) => steps.map(({ detail }) => detail);

/** Tables and indexes that are read from one end to the other, but what the statement itself has made. */
const scans = (steps: readonly Step[]) =>
  details(steps).filter((detail) =>
    /^SCAN (?!page$|(rarest|count|beyond|last)_\d+$|r$|l$|wanted\b|asked\b|json_each\b|CONSTANT ROW$|\()/.test(
      detail,
    ),
  );

/** What each sort is of: the tables and subqueries that are read beside it. */
const sorted = (steps: readonly Step[]) =>
  steps
    .filter(({ detail }) => detail.startsWith("USE TEMP B-TREE"))
    .flatMap(({ parent }) =>
      details(steps.filter((step) => step.parent === parent)).filter((detail) =>
        /^(SCAN|SEARCH) (?!i |m )/.test(detail),
      ),
    );

/** Memberships are counted to be few before their images are sorted; a subquery has no more rows than a page. */
const SMALL = [
  /^SEARCH image_members USING COVERING INDEX image_members_by_member \(member=\? AND status=\?\)$/,
  /^SEARCH images USING INDEX sqlite_autoindex_images_1 \(id=\?\)$/,
  /^SCAN (\(subquery-\d+\)|page)$/,
];
const large = (steps: readonly Step[]) =>
  sorted(steps).filter((detail) => !SMALL.some((small) => small.test(detail)));

const walksOf = (steps: readonly Step[], index: string) =>
  details(steps).filter((detail) =>
    new RegExp(`^SEARCH images USING (COVERING )?INDEX ${index} `).test(detail),
  );

const COLUMNS: Record<SortKey, string> = {
  name: "name_order,created_at,id",
  status: "status,created_at,id",
  container_format: "container_format_order,created_at,id",
  disk_format: "disk_format_order,created_at,id",
  size: "size_order,created_at,id",
  id: "id",
  created_at: "created_at,id",
  updated_at: "updated_at,created_at,id",
};
const suffixOf = (key: SortKey) => (key === "created_at" ? "" : `_${key}`);
const sought = (key: SortKey, direction: string, ways: string) => {
  const beyond = direction === "asc" ? ">" : "<";
  const columns = COLUMNS[key];
  const term = columns.includes(",")
    ? `(${columns})${beyond}(${columns.replace(/\w+/g, "?")})`
    : `${columns}${beyond}?`;
  return `(${ways} AND ${term})`;
};

const ORDERS = SORT_KEYS.flatMap((key) => ["asc", "desc"].map((direction) => ({ key, direction })));

test.each(ORDERS)(
  "a list by $key $direction walks an index of each way to be listed, from the marker on",
  async ({ key, direction }) => {
    for (const isAdmin of [false, true])
      for (const visibility of ["", "&visibility=all", "&visibility=private", "&visibility=shared"]) {
        const order = `sort_key=${key}&sort_dir=${direction}${visibility}`;
        const first = await plan(order, isAdmin);
        const next = await plan(`${order}&marker=x`, isAdmin);
        for (const steps of [first, next]) {
          expect(scans(steps), order).toEqual([]);
          expect(large(steps), order).toEqual([]);
          if (isAdmin) expect(sorted(steps), order).toEqual([]);
        }
        const everybodys = walksOf(next, `images_by_visibility${suffixOf(key)}`);
        const own = walksOf(next, `images_by_owner${suffixOf(key)}`);
        expect(everybodys.length + own.length, order).toBe(
          walksOf(first, `images_by_(visibility|owner)${suffixOf(key)}`).length,
        );
        for (const detail of everybodys)
          expect(detail).toContain(sought(key, direction, "visibility=? AND os_hidden=?"));
        for (const detail of own)
          expect(detail).toContain(sought(key, direction, "owner=? AND visibility=? AND os_hidden=?"));
      }
  },
);

test.each([
  ["", false, 1, 3],
  ["visibility=all", false, 2, 2],
  ["visibility=public", false, 1, 0],
  ["visibility=community", false, 1, 0],
  ["visibility=private", false, 0, 1],
  ["visibility=shared", false, 0, 1],
  ["", true, 3, 1],
  ["visibility=all", true, 4, 0],
  ["visibility=private", true, 1, 0],
  ["visibility=shared", true, 1, 0],
  ["owner=p1", false, 0, 4],
  ["owner=p2", true, 0, 3],
])(
  "%j, of an administrator: %s, has %i walks of everybody's images and %i of a project's",
  async (query, isAdmin, everybodys, own) => {
    const steps = await plan(query, isAdmin);
    expect(walksOf(steps, "images_by_visibility")).toHaveLength(everybodys);
    // One more where the images of the project that is named are asked whether they are shared with the caller.
    expect(walksOf(steps, "images_by_owner").length - (query === "owner=p1" ? 1 : 0)).toBe(own);
    expect([...scans(steps), ...large(steps)]).toEqual([]);
  },
);

test.each(["accepted", "pending", "rejected", "all"])(
  "images shared with a project that answered %s are walked by its memberships, from the marker on",
  async (status) => {
    const steps = await plan(`visibility=shared&member_status=${status}&marker=x`, false);
    const walks = details(steps).filter((detail) => detail.includes("image_members_by_member"));
    expect(new Set(walks)).toEqual(
      new Set([
        "SEARCH image_members USING COVERING INDEX image_members_by_member (member=? AND status=? AND (image_created_at,image_id)<(?,?))",
      ]),
    );
    expect(walks).toHaveLength(status === "all" ? 3 : 1);
    expect([...scans(steps), ...large(steps)]).toEqual([]);
  },
);

test("hidden images that are shared are walked where memberships are many, not all that is shared with one", async () => {
  const sharedOnes = async (query: string) =>
    walksOf(await plan(`${query}visibility=shared&marker=x`, false), "images_by_visibility");
  expect(await sharedOnes("")).toEqual([]);
  const [walked, ...others] = await sharedOnes("os_hidden=true&");
  expect(walked).toContain("(visibility=? AND os_hidden=? AND (created_at,id)<(?,?))");
  expect(others).toEqual([]);
});

test.each([
  ["name=x", "_name", "name_order=?"],
  ["name=x&sort=name:asc", "_name", "name_order=?"],
  ["status=queued", "_status", "status=?"],
  ["status=queued&sort=status:asc", "_status", "status=?"],
  ["disk_format=raw&sort_dir=asc", "_disk_format", "disk_format_order=?"],
  ["container_format=bare", "_container_format", "container_format_order=?"],
  ["size=5", "_size", "size_order=?"],
])("%j seeks its images in the API's default order, and pages in them", async (query, suffix, term) => {
  for (const isAdmin of [false, true]) {
    const steps = await plan(`${query}&marker=x`, isAdmin);
    const walks = walksOf(steps, `images_by_(visibility|owner)${suffix}`);
    expect(walks.length).toBeGreaterThan(3);
    const beyond = query.includes(":asc") || query.includes("=asc") ? ">" : "<";
    const isCount = (detail: string) => detail.endsWith(`os_hidden=? AND ${term})`);
    // What is shared with one is read by its memberships, unless fewer images match.
    expect(walks.filter(isCount)).toHaveLength(isAdmin ? 0 : 1);
    for (const detail of walks.filter((each) => !isCount(each)))
      expect(detail).toContain(`os_hidden=? AND ${term} AND (created_at,id)${beyond}(?,?))`);
    expect([...scans(steps), ...large(steps)]).toEqual([]);
  }
});

test.each([
  ["name=in:a,b", "_name", "name_order=?"],
  ["name=x&sort=size:asc", "_name", "name_order=?"],
  ["status=queued&sort=name:asc", "_status", "status=?"],
  ["status=in:queued,saving", "_status", "status=?"],
  ["updated_at=gt:2026-01-01", "_updated_at", "updated_at>?"],
  ["created_at=lt:2026-01-01&sort=name:asc", "", "created_at<?"],
  ["size_min=5&size_max=6", "_size", "size_order>? AND size_order<?"],
])("%j sorts what its index leads to, counted to be few, or walks the order", async (query, suffix, term) => {
  const order = query.includes("sort=") ? (/sort=(\w+)/.exec(query)?.[1] as SortKey) : "created_at";
  for (const isAdmin of [false, true]) {
    const steps = await plan(query, isAdmin);
    expect(scans(steps)).toEqual([]);
    expect(walksOf(steps, `images_by_visibility${suffix}`).join("\n")).toContain(
      `(visibility=? AND os_hidden=? AND ${term}`,
    );
    expect(walksOf(steps, `images_by_visibility${suffixOf(order)}`).join("\n")).toMatch(
      /os_hidden=\?( AND \w+>\?)?\)/,
    );
  }
});

test.each([
  ["tag=a", "image_tags", "value=?"],
  ["tag=a&sort=name:asc", "image_tags", "value=?"],
  ["os_distro=debian", "image_properties", "name=? AND <expr>=?"],
  ["os_distro=debian&sort=name:asc", "image_properties", "name=? AND <expr>=?"],
  ["tag=a&os_distro=debian", "image_tags", "value=?"],
])("%j is counted and found in its own index", async (query, table, term) => {
  for (const isAdmin of [false, true]) {
    const steps = await plan(`${query}&marker=x`, isAdmin);
    expect(scans(steps)).toEqual([]);
    const index = `SEARCH t USING (COVERING )?INDEX ${table}_by_value `;
    const ofValue = details(steps).filter((detail) => new RegExp(index).test(detail));
    // An image that is walked past is asked by its own time and id.
    const found = ofValue.filter((detail) => !detail.includes("AND image_created_at=? AND image_id=?)"));
    expect(found.every((detail) => detail.includes(`(${term}`))).toBe(true);
    // Once to count, once to find few; in the default order once more to page in many.
    expect(found).toHaveLength(query.includes("sort") ? 2 : 3);
    expect(found.filter((detail) => detail.includes("(image_created_at,image_id)<(?,?)"))).toHaveLength(
      query.includes("sort") ? 0 : 1,
    );
  }
});

test.each([
  ["checksum=a", "checksum", "checksum=?", true],
  ["checksum=a&sort=name:asc", "checksum", "checksum=?", false],
  ["os_hash_value=a", "os_hash_value", "<expr>=?", true],
  ["os_hash_value=a&sort=name:asc", "os_hash_value", "<expr>=?", false],
  ["virtual_size=5", "virtual_size", "virtual_size=?", true],
  ["virtual_size_min=5", "virtual_size", "virtual_size>?", false],
  ["virtual_size_max=5", "virtual_size", "virtual_size<?", false],
  ["protected=true", "protected", "protected=?", true],
  ["min_ram=5", "min_ram", "min_ram=?", true],
  ["min_ram_min=5", "min_ram", "min_ram>?", false],
  ["min_disk_min=5&min_disk_max=6", "min_disk", "min_disk>? AND min_disk<?", false],
])("%j is counted and found in its own index", async (query, column, term, isPaged) => {
  for (const isAdmin of [false, true]) {
    const steps = await plan(`${query}&marker=x`, isAdmin);
    expect(scans(steps)).toEqual([]);
    const found = details(steps).filter((detail) => detail.includes(`INDEX images_by_${column} (`));
    expect(found.every((detail) => detail.startsWith("SEARCH t ") && detail.includes(`(${term}`))).toBe(true);
    expect(found).toHaveLength(isPaged ? 3 : 2);
    expect(found.filter((detail) => detail.includes("(created_at,id)<(?,?)"))).toHaveLength(isPaged ? 1 : 0);
  }
});

test.each(["min_ram=0", "min_ram_min=0", "min_ram_max=5", "min_disk=0", "protected=false", "os_hash_algo=x"])(
  "%j, which most images meet, walks the order",
  async (query) => {
    for (const isAdmin of [false, true]) {
      const steps = await plan(query, isAdmin);
      expect(details(steps).filter((detail) => /^SEARCH t .*INDEX images_by|rarest/.test(detail))).toEqual(
        [],
      );
      expect(walksOf(steps, "images_by_visibility").length).toBeGreaterThan(0);
    }
  },
);

test("images that are named by their ids are looked up by them", async () => {
  for (const query of ["id=a", "id=in:a,b", "id=in:a,b&tag=c&name=d&sort=size:asc&marker=x"]) {
    const steps = await plan(query, false);
    expect(scans(steps)).toEqual([]);
    expect(details(steps)).toContain("SEARCH images USING INDEX sqlite_autoindex_images_1 (id=?)");
    expect(walksOf(steps, "images_by_\\w+")).toEqual([]);
  }
});

test("what is counted to be few is counted once, however often the statement asks", async () => {
  for (const query of ["sort_key=name", "sort_key=name&visibility=shared", "status=in:queued,saving"]) {
    const steps = details(await plan(query, false));
    const asked = new Set(steps.flatMap((detail) => /^SCAN (count_\d+)$/.exec(detail)?.[1] ?? []));
    expect(asked.size).toBeGreaterThan(0);
    for (const count of asked)
      expect(steps.filter((detail) => detail === `MATERIALIZE ${count}`)).toHaveLength(1);
  }
});

// SQLite looks at the value of a parameter that is all of a LIMIT, and compiles the statement anew when it is bound again.
test.each([
  "",
  "name=x",
  "tag=x",
  "a=b",
  "checksum=x",
  "id=in:x,y",
  "sort=name:asc,size:desc",
  "sort=status,name,size:asc&marker=x",
])("a list is compiled once, whatever is bound to it: %s", (query) => {
  for (const isAdmin of [true, false])
    for (const [, limit] of statement(query, isAdmin).sql.matchAll(/\bLIMIT (.*?)(?:\)|$)/gm))
      expect(limit).not.toMatch(/^\?\d*$/);
});

test("a statement stays within what D1 takes, whatever is asked", async () => {
  const columns =
    "name status container_format disk_format owner checksum os_hash_algo os_hash_value size virtual_size min_disk min_ram"
      .split(" ")
      .map((column) => `${column}=1`);
  const numbers = ["size", "virtual_size", "min_disk", "min_ram"].flatMap((c) => [
    `${c}_min=1`,
    `${c}_max=2`,
  ]);
  const times = ["created_at=2026-01-01", "updated_at=gt:2026-01-01", "protected=true", "marker=x"];
  const sort = "sort=size,name,status:asc,container_format,disk_format:asc,created_at,updated_at:asc,id:asc";
  const free = Array.from({ length: 500 }, (_, at) => `p${at}=v&tag=t${at}`);
  const query = [...columns, ...numbers, ...times, sort, ...free, "visibility=all&member_status=all"].join(
    "&",
  );
  for (const isAdmin of [true, false])
    for (const asked of [query, `${query}&id=x`]) {
      const { sql, values } = statement(asked, isAdmin);
      expect(values.length).toBeLessThanOrEqual(D1_PARAMETERS);
      expect(sql.length).toBeLessThan(100_000);
      await env.DB.prepare(sql)
        .bind(...values)
        .all();
    }
});
