import { ABSENT, ACTIVE, type Given, long, PATCH, PUBLIC, type Row, type Step } from "../row.ts";
import { op } from "./images-patch.ts";

type More = Partial<Step> & { given?: Given };

const SHOWN = { LOCATIONS: { showMultipleLocations: true, showImageDirectUrl: true } };
/** The second image's, which is in R2: bytes that are somewhere already. */
const ELSEWHERE = "r2://glimpse-images/{id2}";
const IN_R2: Given = { ...ACTIVE, store: "r2" };
const A512 = "a".repeat(128);

const at = (url: string, more: object = {}) => op("add", "/locations/-", { url, metadata: {}, ...more });
const claim = (value: string, algo = "sha512", more: object = {}) =>
  at(ELSEWHERE, { validation_data: { os_hash_algo: algo, os_hash_value: value, ...more } });

const patch = (
  section: string,
  expect: number,
  what: string,
  body: unknown,
  { given = ACTIVE, ...more }: More = {},
): Row => ({
  row: `locations §${section}: ${expect} for ${what}`,
  given: [given, IN_R2],
  send: "PATCH {image}",
  headers: PATCH,
  serviceToken: "service",
  body,
  settings: SHOWN,
  expect,
  ...more,
});

/** spec/locations.md section 1.1. */
const ADD: Row[] = [
  patch("1.1", 200, "a location of an image that is queued, which is active then", [at(ELSEWHERE)], {
    given: {},
    after: { status: "active", size: 9, stores: "r2", checksum: null, virtual_size: null },
  }),
  patch("1.1", 200, "another copy of an image that is active", [at(ELSEWHERE)], {
    after: { status: "active", stores: "file,r2" },
  }),
  patch("1.1", 200, "hashes of an image that is queued, taken at their word", [claim(A512)], {
    given: {},
    after: { os_hash_algo: "sha512", os_hash_value: A512 },
  }),
  patch("1.1", 200, "a number as position", [{ ...at(ELSEWHERE), path: "/locations/0" }]),
  ...(
    [
      ["no url", op("add", "/locations/-", { metadata: {} })],
      ["no metadata", op("add", "/locations/-", { url: ELSEWHERE })],
      ["a url of 256 characters", at(`https://x/${long(246)}`)],
      ["metadata that are no text [DEV]", at(ELSEWHERE, { metadata: { a: 1 } })],
      ["a checksum that is not 32 characters", claim(A512, "sha512", { checksum: "aa" })],
      ["a hash without its value", at(ELSEWHERE, { validation_data: { os_hash_algo: "sha512" } })],
      ["another key in validation_data", claim(A512, "sha512", { more: "x" })],
    ] as const
  ).map(
    ([what, operation]): Row => ({
      row: `locations §1.1: 400 for ${what}, before anything is looked up`,
      send: `PATCH ${ABSENT}`,
      headers: PATCH,
      body: [operation],
      settings: SHOWN,
      expect: 400,
    }),
  ),
  patch("1.1", 400, "a position that is neither a number nor -", [
    { ...at(ELSEWHERE), path: "/locations/x" },
  ]),
  ...[
    "file:///etc/passwd",
    "filesystem:///etc/passwd",
    "swift+config://a/b/c",
    "gopher://x/y",
    "rbd://a/b/c/d",
  ].map((url) =>
    patch("1.1", 400, `the location ${url}`, [at(url)], { given: {}, after: { status: "queued" } }),
  ),
  patch("1.1", 400, "an object that is not there", [at("r2://glimpse-images/{id2}-not")], {
    given: {},
    after: { status: "queued" },
  }),
  patch("1.1", 400, "a store that does not have the URL", [at(ELSEWHERE, { metadata: { store: "file" } })]),
  patch("1.1", 400, "a location that is there already", [
    at("memory://file/{id}", { metadata: { store: "file" } }),
  ]),
  patch("1.1", 400, "an image without formats", [at(ELSEWHERE)], {
    given: { fields: { disk_format: null } },
    after: { status: "queued" },
  }),
  {
    row: "locations §1.1: 403 for bytes in a store of the service's own, from whoever is no service [DEV]",
    given: [{}, IN_R2],
    send: "PATCH {image}",
    headers: PATCH,
    body: [at(ELSEWHERE)],
    settings: SHOWN,
    expect: 403,
    after: { status: "queued" },
  },
  patch("1.1", 403, "a reader", [at(ELSEWHERE)], { as: "reader" }),
  patch("1.1", 403, "another project, where it is public", [at(ELSEWHERE)], {
    given: { ...ACTIVE, ...PUBLIC },
    as: "other member",
  }),
  ...["saving", "importing", "deactivated"].map((status) =>
    patch("1.1", 409, `an image that is ${status}`, [at(ELSEWHERE)], {
      given: { columns: { status } },
      after: { status },
    }),
  ),
  patch("1.1", 409, "another algorithm than is configured", [claim("a".repeat(64), "sha256")], { given: {} }),
  patch("1.1", 409, "a hash that is not hexadecimal", [claim("x".repeat(128))], { given: {} }),
  patch("1.1", 409, "a hash of a wrong length", [claim("aa")], { given: {} }),
  patch("1.1", 409, "a hash that is not the image's", [claim(A512)]),
  patch("1.1", 409, "a hash of an image that is active and has none", [claim(A512)], {
    given: { ...ACTIVE, columns: { os_hash_value: null } },
  }),
  patch("1.1", 413, "more locations than the quota", [at(ELSEWHERE)], {
    settings: { ...SHOWN, LIMITS: { imageLocationQuota: 1 } },
  }),
];

const here = (metadata: object = { store: "file" }) => ({ url: "memory://file/{id}", metadata });

/** Section 1.2. */
const REPLACE: Row[] = [
  patch("1.2", 200, "the same locations", [op("replace", "/locations", [here()])]),
  patch(
    "1.2",
    200,
    "the same locations with other metadata",
    [op("replace", "/locations", [here({ store: "file", note: "x" })])],
    { answer: { body: { locations: [{ metadata: { note: "x" } }] } } },
  ),
  patch(
    "1.2",
    200,
    "locations of an image without any, which is active then",
    [op("replace", "/locations", [{ url: ELSEWHERE, metadata: {} }])],
    { given: {}, after: { status: "active", stores: "r2" } },
  ),
  patch(
    "1.2",
    400,
    "other URLs than there are",
    [op("replace", "/locations", [{ url: ELSEWHERE, metadata: {} }])],
    { after: { stores: "file" } },
  ),
  patch("1.2", 403, "no locations at all", [op("replace", "/locations", [])], { after: { stores: "file" } }),
  patch("1.2", 409, "an image that is deactivated", [op("replace", "/locations", [here()])], {
    given: { ...ACTIVE, columns: { status: "deactivated" } },
  }),
];

const ADDED: Step = {
  send: "PATCH {image}",
  headers: PATCH,
  serviceToken: "service",
  body: [at(ELSEWHERE)],
  settings: SHOWN,
  expect: 200,
};

/** Once the second image's bytes are a second copy. */
const twoCopies = (section: string, what: string, step: Omit<Step, "settings">): Row => ({
  row: `locations §${section}: ${step.expect} for ${what}`,
  given: [ACTIVE, IN_R2],
  steps: [ADDED, { ...step, settings: SHOWN }],
});
const remove = (expect: number, what: string, position: string, more: Partial<Step> = {}): Row =>
  twoCopies("1.3", what, {
    as: "admin",
    send: "PATCH {image}",
    headers: PATCH,
    body: [op("remove", `/locations/${position}`)],
    expect,
    ...more,
  });

/** Section 1.3. */
const REMOVE: Row[] = [
  remove(200, "the first of two", "0", { after: { stores: "r2" } }),
  remove(200, "the last of two, as -", "-", { after: { stores: "file" } }),
  remove(400, "a position out of range", "2", { after: { stores: "file,r2" } }),
  remove(400, "a position that is no number", "x"),
  remove(403, "the owner, who may not", "0", { as: "member", after: { stores: "file,r2" } }),
  patch("1.3", 403, "the last one that is left", [op("remove", "/locations/0")], {
    as: "admin",
    after: { stores: "file" },
  }),
  patch("1.3", 409, "an image that is not active", [op("remove", "/locations/0")], {
    as: "admin",
    given: { ...ACTIVE, columns: { status: "deactivated" } },
  }),
];

const copy = (expect: number, what: string, more: Partial<Step> = {}): Row =>
  twoCopies("4", what, { as: "admin", send: "DELETE /v2/stores/file/{id}", expect, ...more });
const only = (expect: number, what: string, more: More = {}): Row => ({
  row: `locations §4: ${expect} for ${what}`,
  given: ACTIVE,
  as: "admin",
  send: "DELETE /v2/stores/file/{id}",
  expect,
  ...more,
});
const absent = ABSENT.replace("/v2/images/", "");

/** Section 4. */
const STORES: Row[] = [
  copy(204, "a store that holds a copy", { answer: { body: "" }, after: { stores: "r2", status: "active" } }),
  copy(403, "the owner, who may not", { as: "member", after: { stores: "file,r2" } }),
  copy(404, "a store without a copy", { send: "DELETE /v2/stores/web/{id}" }),
  only(403, "the only copy", { after: { stores: "file" } }),
  only(404, "an image that is absent", { send: `DELETE /v2/stores/file/${absent}` }),
  only(404, "an image that is invisible", { as: "other member" }),
  only(409, "an unknown store, before the lookup", { send: `DELETE /v2/stores/nowhere/${absent}` }),
  only(409, "an image that is not active", { given: { ...ACTIVE, columns: { status: "deactivated" } } }),
  only(400, "a body", { body: "x" }),
  only(405, "other methods", { send: "GET /v2/stores/file/{id}", answer: { headers: { allow: "DELETE" } } }),
];

/** Sections 5 and 6. */
const EXPOSURE: Row[] = [
  {
    row: "locations §5: locations go by falling weight, whenever they were added",
    given: [ACTIVE, IN_R2],
    steps: [
      ADDED,
      {
        send: "GET {image}",
        settings: {
          ...SHOWN,
          STORES: [
            { id: "file", type: "memory" },
            { id: "r2", type: "r2", weight: 9 },
          ],
        },
        expect: 200,
        answer: { body: { stores: "r2,file", direct_url: ELSEWHERE } },
      },
    ],
  },
  {
    row: "locations §6: direct_url is the first location, where it is shown",
    given: ACTIVE,
    send: "GET {image}",
    settings: SHOWN,
    expect: 200,
    answer: { body: { direct_url: "memory://file/{id}" } },
  },
  {
    row: "locations §6: locations have URL and metadata and nothing else, where they are shown",
    given: ACTIVE,
    send: "GET {image}",
    settings: SHOWN,
    expect: 200,
    answer: { body: { locations: [{ url: "memory://file/{id}", metadata: { store: "file" } }] } },
  },
  {
    row: "locations §6: locations are empty where there are none",
    given: {},
    send: "GET {image}",
    settings: SHOWN,
    expect: 200,
    answer: { body: { locations: [] }, without: ["direct_url"] },
  },
  {
    row: "locations §6: locations of a deactivated image are hidden from its owner",
    given: { ...ACTIVE, columns: { status: "deactivated" } },
    send: "GET {image}",
    settings: SHOWN,
    expect: 200,
    answer: { body: { locations: [] } },
  },
];

export const locationsPatch: readonly Row[] = [...ADD, ...REPLACE, ...REMOVE, ...STORES, ...EXPOSURE];
