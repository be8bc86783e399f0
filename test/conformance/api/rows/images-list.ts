import type { As, Given, Row } from "../row.ts";

/** Images of the row's own project, by name; what is asked is asked of them alone. */
const named = (images: Readonly<Record<string, Given>>): Given[] =>
  Object.entries(images).map(([name, given]) => ({ ...given, fields: { name, ...given.fields } }));

const list = (
  section: string,
  what: string,
  query: string,
  names: string,
  given: readonly Given[],
  as: As = "member",
): Row => ({
  row: `images §${section}: ${what}`,
  given,
  as,
  send: `GET /v2/images${query}`,
  expect: 200,
  answer: { names },
});
const refused = (section: string, what: string, query: string, expect = 400): Row => ({
  row: `images §${section}: ${expect} for ${what}`,
  given: named({ a: {} }),
  send: `GET /v2/images?${query}`,
  expect,
});

const at = (second: number): Given => ({ columns: { created_at: second * 1_000_000 } });
const ABC = named({ a: at(1), b: at(2), c: at(3) });
/** Only the images of this row's own project: what is public elsewhere stays out. */
const OWN = "owner={own}";

/** spec/images.md sections 4.1 and 4.2. */
const PAGES: Row[] = [
  {
    row: "images §4.1: first is the query without its marker, next is there while the page is full",
    given: ABC,
    send: `GET /v2/images?limit=1&${OWN}&marker={id3}`,
    expect: 200,
    answer: { body: { first: `/v2/images?limit=1&${OWN}`, next: `/v2/images?limit=1&${OWN}&marker={id2}` } },
  },
  {
    row: "images §4.1: first is the path alone where nothing is asked",
    send: "GET /v2/images",
    expect: 200,
    answer: { body: { first: "/v2/images", schema: "/v2/schemas/images" } },
  },
  {
    row: "images §4.1: a page that is not full has no next",
    given: ABC,
    send: `GET /v2/images?limit=4&${OWN}`,
    expect: 200,
    answer: { without: ["next"] },
  },
  {
    row: "images §4.1: a last page that is full leads to one that is empty",
    given: ABC,
    send: `GET /v2/images?limit=3&${OWN}&marker={id1}`,
    expect: 200,
    answer: { names: "", without: ["next"] },
  },
  {
    row: "images §4.1: limit=0 is an empty list without next",
    given: ABC,
    send: "GET /v2/images?limit=0",
    expect: 200,
    answer: { names: "", without: ["next"] },
  },
  {
    row: "images §4.1: links keep parameters that repeat [DEV]",
    send: "GET /v2/images?tag=a&tag=b&sort_key=name&sort_key=id",
    expect: 200,
    answer: { body: { first: "/v2/images?tag=a&tag=b&sort_key=name&sort_key=id" } },
  },
  {
    row: "images §4.2: without a limit there are as many as configured",
    given: ABC,
    send: `GET /v2/images?${OWN}`,
    settings: { LIMITS: { listLimitDefault: 2 } },
    expect: 200,
    answer: { names: "c b" },
  },
  {
    row: "images §4.2: a limit over the greatest is cut without a word",
    given: ABC,
    send: `GET /v2/images?${OWN}&limit=9`,
    settings: { LIMITS: { listLimitDefault: 1, listLimitMax: 2 } },
    expect: 200,
    answer: { names: "c b" },
  },
  refused("4.2", "a limit that is no integer", "limit=x"),
  refused("4.2", "a negative limit", "limit=-1"),
  refused("4.2", "an empty limit", "limit="),
  list("4.2", "results come strictly after the marker", `?${OWN}&marker={id3}`, "b a", ABC),
  refused("4.2", "a marker that nobody knows", "marker=7f3c0000-0000-4000-8000-000000000000"),
  refused("4.2", "an empty marker", "marker="),
  {
    row: "images §4.2: 400 for the marker of a deleted image",
    given: { fate: "deleted" },
    send: "GET /v2/images?marker={id}",
    expect: 400,
  },
  {
    row: "images §4.2: 403 for a marker that exists and is hidden from the caller",
    given: {},
    as: "other member",
    send: "GET /v2/images?marker={id}",
    expect: 403,
  },
  {
    row: "images §4.2: a marker need not pass the filters",
    given: ABC,
    send: `GET /v2/images?${OWN}&name=a&marker={id3}`,
    expect: 200,
    answer: { names: "a" },
  },
  list("4.2", "the order is newest first where none is asked for", `?${OWN}`, "c b a", ABC),
  ...["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"].map(
    (key): Row => ({
      row: `images §4.2: ${key} is a sort key`,
      send: `GET /v2/images?sort_key=${key}`,
      expect: 200,
    }),
  ),
  list("4.2", "sort_dir=asc turns the order round", `?${OWN}&sort_dir=asc`, "a b c", ABC),
  list("4.2", "sort names keys and directions", `?${OWN}&sort=name:asc`, "a b c", ABC),
  list("4.2", "a direction is desc where sort does not say", `?${OWN}&sort=name`, "c b a", ABC),
  list("4.2", "equal keys are ordered by created_at and id", `?${OWN}&sort=status:asc`, "a b c", ABC),
  list(
    "4.2",
    "null is lowest, first when ascending",
    `?${OWN}&sort=size:asc`,
    "a c b",
    named({ a: { columns: { size: null } }, b: { columns: { size: 9 } }, c: { columns: { size: 1 } } }),
  ),
  list(
    "4.2",
    "null is lowest, last when descending",
    `?${OWN}&sort=size:desc`,
    "b c a",
    named({ a: { columns: { size: null } }, b: { columns: { size: 9 } }, c: { columns: { size: 1 } } }),
  ),
  refused("4.2", "an unknown sort key", "sort_key=owner"),
  refused("4.2", "an empty sort key", "sort_key="),
  refused("4.2", "an unknown direction", "sort_dir=up"),
  refused("4.2", "as many directions as there are not keys", "sort_key=name&sort_dir=asc&sort_dir=desc"),
  refused("4.2", "an empty sort", "sort="),
  refused("4.2", "an unknown key in sort", "sort=owner:asc"),
  refused("4.2", "an unknown direction in sort", "sort=name:up"),
  refused("4.2", "sort together with sort_key", "sort=name&sort_key=id"),
];

const TAGGED = named({ a: { fields: { tags: ["red", "round"] } }, b: { fields: { tags: ["red"] } } });
/** What no filter of the document has, and some client may send. */
const UNUSUAL = "filters are typed, so that clients do not come to send this";

const SIZED = named({
  a: { columns: { size: 5, virtual_size: 10 } },
  b: { columns: { size: 9, virtual_size: 20 } },
});
const filter = (what: string, query: string, names: string, images: readonly Given[]): Row =>
  list("4.3", what, `?${OWN}&sort=name:asc&${query}`, names, images);
const two = (field: string, a: unknown, b: unknown): Given[] =>
  named({ a: { fields: { [field]: a } }, b: { fields: { [field]: b } } });

/** Section 4.3. */
const FILTERS: Row[] = [
  filter("name is exact, its case told apart", "name=a", "a", named({ a: {}, A: {}, ab: {} })),
  filter("id is exact", "id={id2}", "b", ABC),
  filter("status is exact", "status=active", "b", named({ a: {}, b: { data: "x" } })),
  filter("container_format is exact", "container_format=ovf", "b", two("container_format", "bare", "ovf")),
  filter("disk_format is exact", "disk_format=iso", "b", two("disk_format", "raw", "iso")),
  filter("visibility finds what has it", "visibility=private", "b", two("visibility", "shared", "private")),
  { ...filter("visibility= finds nothing", "visibility=", "", ABC), undescribed: UNUSUAL },
  filter("protected=true finds what is protected", "protected=true", "b", two("protected", false, true)),
  {
    ...filter(
      "os_hidden=true finds only what is hidden",
      "os_hidden=TRUE",
      "b",
      two("os_hidden", false, true),
    ),
    undescribed: UNUSUAL,
  },
  filter("tags are all there", "tag=red&tag=round", "a", TAGGED),
  filter("tag= finds nothing", "tag=", "", TAGGED),
  filter(
    "tag= finds nothing, also where an image has an empty tag",
    "tag=",
    "",
    named({ a: { fields: { tags: [""] } } }),
  ),
  filter("a tag that is too long finds nothing", `tag=${"x".repeat(300)}`, "", TAGGED),
  filter("size_min is inclusive", "size_min=9", "b", SIZED),
  filter("size_max is inclusive", "size_max=5", "a", SIZED),
  filter("a negative size_min is taken", "size_min=-1", "a b", SIZED),
  filter("size is exact", "size=9", "b", SIZED),
  { ...filter("a size that is no number finds nothing", "size=x", "", SIZED), undescribed: UNUSUAL },
  filter("min_disk is exact", "min_disk=3", "b", two("min_disk", 2, 3)),
  filter("min_ram is exact", "min_ram=3", "b", two("min_ram", 2, 3)),
  filter("virtual_size is exact", "virtual_size=20", "b", SIZED),
  filter(
    "min_ram_min and min_ram_max are inclusive",
    "min_ram_min=2&min_ram_max=2",
    "a",
    two("min_ram", 2, 3),
  ),
  filter(
    "min_disk_min and min_disk_max are inclusive",
    "min_disk_min=3&min_disk_max=3",
    "b",
    two("min_disk", 2, 3),
  ),
  filter("virtual_size_min is inclusive", "virtual_size_min=20", "b", SIZED),
  filter("virtual_size_max is inclusive", "virtual_size_max=10", "a", SIZED),
  filter(
    "checksum is exact",
    "checksum=c0ffee",
    "a",
    named({ a: { columns: { checksum: "c0ffee" } }, b: {} }),
  ),
  filter(
    "os_hash_value is exact",
    "os_hash_value=c0ffee",
    "a",
    named({ a: { columns: { os_hash_value: "c0ffee" } }, b: {} }),
  ),
  filter(
    "os_hash_algo is exact",
    "os_hash_algo=sha512",
    "a",
    named({ a: { columns: { os_hash_algo: "sha512" } }, b: {} }),
  ),
  filter("an additional property is exact", "color=red", "a", two("color", "red", "blue")),
  filter("an empty value is a value", "color=", "b", two("color", "red", "")),
  filter("an os_glance_ name is a property like others", "os_glance_x=y", "", ABC),
  filter(
    "filters add up",
    "color=red&tag=x",
    "a",
    named({ a: { fields: { color: "red", tags: ["x"] } }, b: { fields: { color: "red" } } }),
  ),
  filter("a parameter that repeats keeps its last value", "name=b&name=a", "a", ABC),
  filter("deleted is ignored", "deleted=true", "a b c", ABC),
  filter("is_public is a property", "is_public=true", "", ABC),
  filter("owner of another project widens nothing", "owner={other}", "", ABC),
  refused("4.3", "an unknown visibility", "visibility=secret"),
  refused("4.3", "an unknown member_status", "member_status=maybe"),
  refused("4.3", "an empty member_status", "member_status="),
  refused("4.3", "an os_hidden that is neither", "os_hidden=1"),
  refused("4.3", "a protected in another case", "protected=True"),
  refused("4.3", "a size_min that is no integer", "size_min=1.5"),
  refused("4.3", "a min_ram_max that is no integer", "min_ram_max=x"),
  refused("4.3", "an unknown column with _min [DEV]", "color_min=1"),
  refused("4.3", "changes-since", "changes-since=2026-01-01"),
  ...["properties", "locations", "members", "tags"].map((name) =>
    refused("4.3", `the internal ${name} [DEV]`, `${name}=x`),
  ),
  refused("4.3", "a bad time", "created_at=gt:yesterday"),
];

const TIMES = named({
  a: { columns: { created_at: Date.UTC(2026, 0, 1) * 1000 + 250_000 } },
  b: { columns: { created_at: Date.UTC(2026, 0, 2) * 1000 } },
});
const operator = (what: string, query: string, names: string, images: readonly Given[]): Row =>
  list("4.4", what, `?${OWN}&sort=name:asc&${query}`, names, images);

/** Section 4.4. */
const OPERATORS: Row[] = [
  operator("in: is any of", "name=in:a,c", "a c", ABC),
  operator("in: quotes what has a comma", "name=in:%22b,c%22,a", "a b,c", named({ a: {}, "b,c": {} })),
  operator("in: escapes a quote", "name=in:%22d%5C%22e%22", 'd"e', named({ a: {}, 'd"e': {} })),
  operator("in: does not trim", "name=in:a,%20b", "a", ABC),
  operator("in: of nothing finds nothing", "name=in:", "", ABC),
  operator("eq: is the exact form", "name=eq:f:g", "f:g", named({ a: {}, "f:g": {} })),
  operator("in: works on ids", "id=in:{id1},{id2}", "a b", ABC),
  operator("in: works on statuses", "status=in:queued,saving", "a b c", ABC),
  operator("in: works on disk formats", "disk_format=in:raw,iso", "a b", two("disk_format", "raw", "iso")),
  operator(
    "in: works on container formats",
    "container_format=in:bare,ovf",
    "a b",
    two("container_format", "bare", "ovf"),
  ),
  refused("4.4", "a colon without an operator", "name=foo:bar"),
  refused("4.4", "a quote that is not closed", "name=in:%22a"),
  refused("4.4", "text after a closing quote", "name=in:%22a%22b"),
  refused("4.4", "neq: on text", "name=neq:a"),
  refused("4.4", "gt: on text", "status=gt:a"),
  operator("gt: of a time", "created_at=gt:2026-01-01T12:00:00Z", "b", TIMES),
  operator("gte: of a time, by its microseconds", "created_at=gte:2026-01-01T00:00:00Z", "a b", TIMES),
  operator("lt: of a time", "created_at=lt:2026-01-02", "a", TIMES),
  operator("lte: of a time", "created_at=lte:2026-01-02T00:00:00Z", "a b", TIMES),
  operator("eq: of a time, by whole seconds [DEV]", "created_at=eq:2026-01-01T00:00:00Z", "a", TIMES),
  operator("neq: of a time, by whole seconds [DEV]", "created_at=neq:2026-01-01T00:00:00Z", "b", TIMES),
  operator("a bare time means eq", "created_at=2026-01-02", "b", TIMES),
  operator("an offset is converted", "created_at=eq:2026-01-02T02:00:00%2B02:00", "b", TIMES),
  operator(
    "updated_at takes the same",
    "updated_at=gt:2020-01-01",
    "a",
    named({ a: {}, b: { columns: { updated_at: 0 } } }),
  ),
  refused("4.4", "an offset whose plus is a blank", "created_at=eq:2026-01-02T02:00:00+02:00"),
  refused("4.4", "an unknown word before the colon", "created_at=since:2026-01-01"),
  refused("4.4", "an empty time", "created_at=gt:"),
];

/** Everything there is to see and not to see, seen by `own`; `{row}` is the tag that keeps other rows' images out. */
const THEIRS: Given[] = (
  [
    ["mine", { visibility: "shared" }, "own member"],
    ["mine-private", { visibility: "private" }, "own member"],
    ["mine-community", { visibility: "community" }, "own member"],
    ["mine-hidden", { os_hidden: true }, "own member"],
    ["public", { visibility: "public" }, "other admin"],
    ["community", { visibility: "community" }, "other member"],
    ["private", { visibility: "private" }, "other member"],
    ["unshared", {}, "other member"],
    ["accepted", {}, "other member"],
    ["pending", {}, "other member"],
    ["rejected", {}, "other member"],
  ] as const
).map(([name, fields, by]) => ({
  by,
  fields: { name, tags: ["{row}"], ...fields },
  ...(name === "accepted" || name === "pending" || name === "rejected" ? { members: { own: name } } : {}),
}));

const seen = (what: string, query: string, names: string, as: As): Row =>
  list("4.5", what, `?tag={row}&sort=name:asc&${query}`, names, THEIRS, as);
const MINE = "mine mine-community mine-private";

/** Section 4.5. */
const WHOSE: Row[] = [
  seen("a member sees public, own and accepted", "", `accepted ${MINE} public`, "member"),
  seen("a reader sees what a member does", "", `accepted ${MINE} public`, "reader"),
  seen("a member sees all that is public", "visibility=public", "public", "member"),
  seen(
    "a member sees all that is community when asked",
    "visibility=community",
    "community mine-community",
    "member",
  ),
  seen("a member sees its own of what is private", "visibility=private", "mine-private", "member"),
  seen("a member sees own and accepted of what is shared", "visibility=shared", "accepted mine", "member"),
  seen(
    "a member sees community too where all is asked for",
    "visibility=all",
    `accepted community ${MINE} public`,
    "member",
  ),
  seen(
    "pending shares appear when asked for",
    "member_status=pending&visibility=shared",
    "mine pending",
    "member",
  ),
  seen(
    "rejected shares appear when asked for",
    "member_status=rejected&visibility=shared",
    "mine rejected",
    "member",
  ),
  seen(
    "shares of every status appear when asked for",
    "member_status=all&visibility=shared",
    "accepted mine pending rejected",
    "member",
  ),
  seen("what is hidden is seen only when asked for", "os_hidden=true", "mine-hidden", "member"),
  seen("owner narrows and widens nothing", "owner={other}", "accepted public", "member"),
  seen(
    "visibility=shared with the own owner is the own of what is shared",
    "visibility=shared&owner={own}",
    "mine",
    "member",
  ),
  seen(
    "an administrator sees all but other projects' community",
    "",
    `accepted ${MINE} pending private public rejected unshared`,
    "own admin",
  ),
  seen(
    "an administrator sees everything where all is asked for",
    "visibility=all",
    `accepted community ${MINE} pending private public rejected unshared`,
    "own admin",
  ),
  seen(
    "an administrator sees all that is community when asked",
    "visibility=community",
    "community mine-community",
    "own admin",
  ),
  seen(
    "an administrator sees all that is private when asked",
    "visibility=private",
    "mine-private private",
    "own admin",
  ),
  seen(
    "an administrator sees all that is shared when asked",
    "visibility=shared",
    "accepted mine pending rejected unshared",
    "own admin",
  ),
  seen(
    "member_status is nothing to an administrator",
    "visibility=shared&member_status=rejected",
    "accepted mine pending rejected unshared",
    "own admin",
  ),
  seen("a stranger sees what is public", "", "public", "third member"),
  {
    row: "images §4.5: 403 for a token without the role reader",
    as: "auditor",
    send: "GET /v2/images",
    expect: 403,
  },
  ...["deleted", "pending_delete", "killed"].map(
    (status): Row =>
      list(
        "4.5",
        `what is ${status} is never listed`,
        `?${OWN}`,
        "",
        named({ a: status === "deleted" ? { fate: "deleted" } : { columns: { status } } }),
      ),
  ),
  ...["queued", "saving", "uploading", "importing", "active", "deactivated"].map(
    (status): Row =>
      list("4.5", `what is ${status} is listed`, `?${OWN}`, "a", named({ a: { columns: { status } } })),
  ),
];

export const imagesList: readonly Row[] = [...PAGES, ...FILTERS, ...OPERATORS, ...WHOSE];
