import { ABSENT, ACTIVE, COMMUNITY, type Given, long, PATCH, PUBLIC, type Row, type Step } from "../row.ts";
import { op } from "./images-patch.ts";

type More = Partial<Step> & { given?: Given };

/** Data that a service put into R2 by itself: nobody but a service names it. */
const IN_R2 = { url: "r2://glimpse-images/{id}-elsewhere" };
const ON_THE_WEB = { url: "https://images.example.org/x" };
const WEB = {
  STORES: [
    { id: "file", type: "memory" },
    { id: "web", type: "http" },
  ],
};
const SHA512 = { os_hash_algo: "sha512", os_hash_value: "a".repeat(128) };

const add = (expect: number, what: string, more: More = {}): Row => ({
  row: `locations §2: ${expect} for ${what}`,
  given: {},
  send: "POST {image}/locations",
  body: IN_R2,
  serviceToken: "third service",
  expect,
  ...more,
});
/** The same without a service behind it. */
const byUser = (expect: number, what: string, more: More = {}): Row => {
  const { serviceToken: _, ...row } = add(expect, what, more) as Row & Step;
  return row;
};
const malformed = (what: string, body: unknown): Row =>
  add(400, what, { send: `POST ${ABSENT}/locations`, body });

/** spec/locations.md section 2. What becomes of the task is in src/routes/locations.test.ts. */
const ADD: Row[] = [
  add(202, "a service that acts for the owner, without a body", { answer: { body: "" } }),
  add(202, "hashes to check", { body: { ...IN_R2, validation_data: SHA512 } }),
  add(202, "validation_data that are empty", {
    body: { ...IN_R2, validation_data: {} },
    undescribed: "whoever has no hashes leaves them out",
  }),
  add(202, "a key that is unknown", { body: { ...IN_R2, more: 1 } }),
  malformed("no body", undefined),
  malformed("malformed JSON", "{"),
  malformed("no url", {}),
  malformed("a url that is no text", { url: 1 }),
  malformed("a url of 256 characters", { url: `https://x/${long(246)}` }),
  malformed("a hash without its algorithm", { ...ON_THE_WEB, validation_data: { os_hash_value: "aa" } }),
  malformed("an algorithm without its hash", { ...ON_THE_WEB, validation_data: { os_hash_algo: "sha512" } }),
  malformed("an unknown algorithm", { ...ON_THE_WEB, validation_data: { ...SHA512, os_hash_algo: "crc32" } }),
  malformed("another key in validation_data", {
    ...ON_THE_WEB,
    validation_data: { ...SHA512, checksum: long(32) },
  }),
  malformed("a hash that is not hexadecimal", {
    ...ON_THE_WEB,
    validation_data: { ...SHA512, os_hash_value: "x".repeat(128) },
  }),
  add(400, "a hash that is not as long as its algorithm's", {
    body: { ...IN_R2, validation_data: { os_hash_algo: "sha256", os_hash_value: "aa" } },
  }),
  add(404, "an image that is absent", { send: `POST ${ABSENT}/locations` }),
  add(404, "an image that is invisible", { as: "other member" }),
  ...["saving", "uploading", "importing", "deactivated"].map((status) =>
    add(409, `an image that is ${status}`, { given: { columns: { status } }, after: { status } }),
  ),
  add(409, "an image that is active", { given: ACTIVE, after: { status: "active" } }),
  byUser(403, "a reader", { as: "reader", body: ON_THE_WEB, settings: WEB }),
  byUser(403, "another project, where it is community", {
    given: COMMUNITY,
    as: "other member",
    body: ON_THE_WEB,
    settings: WEB,
  }),
  byUser(403, "a URL that is not http, from whoever is no service"),
  byUser(403, "an http URL from whoever is no service, where no store reads it", {
    body: ON_THE_WEB,
    settings: { STORES: [{ id: "file", type: "memory" }] },
  }),
  byUser(400, "a hash of the wrong length from a user, after it may", {
    body: { ...ON_THE_WEB, validation_data: { os_hash_algo: "md5", os_hash_value: "aa" } },
    settings: WEB,
  }),
];

const list = (expect: number, what: string, more: More = {}): Row => ({
  row: `locations §3: ${expect} for ${what}`,
  given: ACTIVE,
  as: "admin",
  send: "GET {image}/locations",
  expect,
  ...more,
});

/** Section 3. */
const LIST: Row[] = [
  list(200, "an administrator, an array", {
    answer: { body: /^\[\{"url":"memory:\/\/file\/[0-9a-f-]{36}","metadata":\{"store":"file"\}\}\]$/ },
  }),
  list(200, "an image without data", { given: {}, answer: { body: "[]" } }),
  list(200, "a service that acts for the owner", { as: "member", serviceToken: "third service" }),
  list(200, "a body, which is ignored", { body: "x", undescribed: "HTTP has no body of a GET" }),
  list(403, "the owner", { as: "member" }),
  list(403, "another project, where it is public", { given: { ...ACTIVE, ...PUBLIC }, as: "other member" }),
  list(404, "an image that is invisible", { as: "other member" }),
  list(404, "an image that is absent", { send: `GET ${ABSENT}/locations` }),
  {
    row: "locations §3: 405 for other methods",
    given: {},
    send: "DELETE {image}/locations",
    expect: 405,
    answer: { headers: { allow: "GET, POST" } },
  },
];

/** Sections 1 and 6, where locations are not shown, as by default. */
const HIDDEN: Row[] = [
  ...[
    op("add", "/locations/-", { url: "https://x/", metadata: {} }),
    op("replace", "/locations", []),
    op("remove", "/locations/0"),
  ].map(
    (operation): Row => ({
      row: `locations §1: 403 for ${operation.op} by a patch, where locations are not shown`,
      given: ACTIVE,
      as: "admin",
      send: "PATCH {image}",
      headers: PATCH,
      body: [operation],
      expect: 403,
    }),
  ),
  {
    row: "locations §6: direct_url and locations are left out by default",
    given: ACTIVE,
    as: "admin",
    send: "GET {image}",
    expect: 200,
    answer: { without: ["direct_url", "locations"] },
  },
];

export const locations: readonly Row[] = [...ADD, ...LIST, ...HIDDEN];
