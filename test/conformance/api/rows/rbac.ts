import { type As, COMMUNITY, type Given, long, OCTETS, PATCH, PRIVATE, PUBLIC, type Row } from "../row.ts";
import { op } from "./images-patch.ts";

const CALLERS: readonly As[] = ["reader", "member", "admin", "auditor"];

/** One line of a matrix: what each caller is answered, in the order reader, member, administrator, no role. */
const line = (
  what: string,
  send: string,
  statuses: readonly number[],
  more: { given?: Given; headers?: Record<string, string>; body?: unknown; foreign?: boolean } = {},
): Row[] => {
  const { foreign, ...step } = more;
  return CALLERS.map((caller, at) => {
    const as = (foreign && caller !== "admin" ? `other ${caller}` : caller) as As;
    const expect = statuses[at] as number;
    const who = caller === "auditor" ? "no role" : caller;
    return { row: `rbac §3: ${expect} for ${who}, ${what}`, given: {}, ...step, as, send, expect };
  });
};

const RENAME = { headers: PATCH, body: [op("replace", "/name", "x")] };
const data = (given: Given): Given => ({ ...given, data: "x" });

/** spec/rbac.md section 3: 403 or 404, and the table of callers. */
const WHO: Row[] = [
  ...line("GET of an own image", "GET {image}", [200, 200, 200, 404]),
  ...line("PATCH of an own image", "PATCH {image}", [403, 200, 200, 404], RENAME),
  ...line("PATCH of another's public image", "PATCH {image}", [403, 403, 200, 404], {
    given: PUBLIC,
    foreign: true,
    ...RENAME,
  }),
  ...line("PATCH of another's community image", "PATCH {image}", [403, 403, 200, 404], {
    given: COMMUNITY,
    foreign: true,
    ...RENAME,
  }),
  ...line("PATCH of an image shared with it", "PATCH {image}", [403, 403, 200, 404], {
    given: { members: { other: "pending" } },
    foreign: true,
    ...RENAME,
  }),
  ...line("GET of another's private image", "GET {image}", [404, 404, 200, 404], {
    given: PRIVATE,
    foreign: true,
  }),
  ...line("PATCH of another's private image", "PATCH {image}", [404, 404, 200, 404], {
    given: PRIVATE,
    foreign: true,
    ...RENAME,
  }),
  ...line("DELETE of another's private image", "DELETE {image}", [404, 404, 204, 404], {
    given: PRIVATE,
    foreign: true,
  }),
  ...line("DELETE of another's public image", "DELETE {image}", [403, 403, 204, 404], {
    given: PUBLIC,
    foreign: true,
  }),
  ...line("DELETE of an own image", "DELETE {image}", [403, 204, 204, 404]),
  ...line("upload to an own image", "PUT {image}/file", [403, 204, 204, 404], { headers: OCTETS, body: "x" }),
  ...line("upload to another's public image", "PUT {image}/file", [403, 403, 204, 404], {
    given: PUBLIC,
    foreign: true,
    headers: OCTETS,
    body: "x",
  }),
  ...line("GET of the data of a public image", "GET {image}/file", [403, 200, 200, 404], {
    given: data(PUBLIC),
    foreign: true,
  }),
  ...line("GET of the data of an own image", "GET {image}/file", [403, 200, 200, 404], { given: data({}) }),
  ...line("GET of the data of another's private image", "GET {image}/file", [404, 404, 200, 404], {
    given: data(PRIVATE),
    foreign: true,
  }),
  ...line("the list", "GET /v2/images?limit=1", [200, 200, 200, 403]),
  ...line("POST of an image", "POST /v2/images", [403, 201, 201, 403], { body: {} }),
  ...line("POST of a community image", "POST /v2/images", [403, 201, 201, 403], {
    body: { visibility: "community" },
  }),
  ...line("POST of a public image", "POST /v2/images", [403, 403, 201, 403], {
    body: { visibility: "public" },
  }),
];

const OWNERLESS: Given = { by: "admin", fields: { owner: null } };
const ownerless = (visibility: string): Given => ({ by: "admin", fields: { owner: null, visibility } });

/** Sections 1 and 4 to 10. */
const RULES: Row[] = [
  {
    row: "rbac §1: an administrator of any project administers all",
    as: "other admin",
    given: PRIVATE,
    send: "GET {image}",
    expect: 200,
  },
  {
    row: "rbac §2: /info/stores/detail is for administrators",
    as: "admin",
    send: "GET /v2/info/stores/detail",
    expect: 200,
  },
  {
    row: "rbac §2: /info/stores/detail is for the role service",
    as: "service",
    send: "GET /v2/info/stores/detail",
    expect: 200,
  },
  { row: "rbac §2: /info/stores/detail is not for members", send: "GET /v2/info/stores/detail", expect: 403 },
  ...["/info/import", "/info/stores", "/info/usage", "/schemas/image"].map(
    (path): Row => ({
      row: `rbac §2: ${path} is for any token`,
      as: "auditor",
      send: `GET /v2${path}`,
      expect: 200,
    }),
  ),
  {
    row: "rbac §4: an image is shared where nothing is said",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { body: { visibility: "shared" } },
  },
  {
    row: "rbac §4: a community image is read by id and not listed",
    given: { fields: { visibility: "community", tags: ["{row}"] } },
    steps: [
      { as: "other reader", send: "GET {image}", expect: 200 },
      { as: "other reader", send: "GET /v2/images?tag={row}", expect: 200, answer: { names: "" } },
    ],
  },
  {
    row: "rbac §4: an ownerless public image is read by all",
    given: ownerless("public"),
    send: "GET {image}",
    expect: 200,
  },
  {
    row: "rbac §4: an ownerless community image is read by all",
    given: ownerless("community"),
    send: "GET {image}",
    expect: 200,
  },
  {
    row: "rbac §4: an ownerless image is changed by administrators alone",
    given: ownerless("public"),
    send: "PATCH {image}",
    ...RENAME,
    expect: 403,
  },
  {
    row: "rbac §4: an ownerless shared image is as private [DEV]",
    given: { ...OWNERLESS, members: { own: "accepted" } },
    send: "GET {image}",
    expect: 404,
  },
  {
    row: "rbac §4: an ownerless private image is for administrators",
    given: ownerless("private"),
    as: "admin",
    send: "GET {image}",
    expect: 200,
  },
  {
    row: "rbac §5: protected is 403 for a delete, administrator or not",
    given: { fields: { protected: true } },
    as: "admin",
    send: "DELETE {image}",
    expect: 403,
  },
  {
    row: "rbac §7: a name of 255 characters is taken",
    send: "POST /v2/images",
    body: { name: long(255) },
    expect: 201,
  },
  {
    row: "rbac §7: an owner of 256 characters is 400",
    as: "admin",
    send: "POST /v2/images",
    body: { owner: long(256) },
    expect: 400,
  },
  {
    row: "rbac §7: a tag of 255 characters is taken",
    send: "POST /v2/images",
    body: { tags: [long(255)] },
    expect: 201,
  },
  {
    row: "rbac §7: a property key of 255 characters is taken",
    send: "POST /v2/images",
    body: { [long(255)]: "x" },
    expect: 201,
  },
  {
    row: "rbac §7: a property of 65,535 bytes is taken",
    send: "POST /v2/images",
    body: { p: long(65_535) },
    expect: 201,
  },
  {
    row: "rbac §7: a property of 65,536 bytes is 400 [DEV]",
    send: "POST /v2/images",
    body: { p: long(65_536) },
    expect: 400,
  },
  {
    row: "rbac §7: -1 turns the property quota off",
    send: "POST /v2/images",
    body: Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`p${at}`, "x"])),
    settings: { LIMITS: { imagePropertyQuota: -1 } },
    expect: 201,
  },
  {
    row: "rbac §7: -1 turns the tag quota off",
    send: "POST /v2/images",
    body: { tags: Array.from({ length: 200 }, (_, at) => `t${at}`) },
    settings: { LIMITS: { imageTagQuota: -1 } },
    expect: 201,
  },
  {
    row: "rbac §7: a list has 25 images where no limit is asked for",
    given: Array.from({ length: 26 }, () => ({})),
    send: "GET /v2/images?owner={own}",
    expect: 200,
    answer: { names: Array(25).fill("-").join(" ") },
  },
  {
    row: "rbac §9: an id is compared as it is",
    given: { fields: { id: "FEDCBA98-1a7c-4c0b-9f39-8f6a3e5d2c11" } },
    send: "GET /v2/images/FEDCBA98-1a7c-4c0b-9f39-8f6a3e5d2c11",
    expect: 200,
  },
  {
    row: "rbac §10: an administrator sees what is hidden when it asks",
    as: "admin",
    given: { fields: { os_hidden: true, name: "h" } },
    send: "GET /v2/images?os_hidden=true&owner={own}",
    expect: 200,
    answer: { names: "h" },
  },
];

export const rbac: readonly Row[] = [...WHO, ...RULES];
