import { ABSENT, ACTIVE, OCTETS, PATCH, type Row } from "../row.ts";

const BOTH_PATCHES =
  "application/openstack-images-v2.0-json-patch, application/openstack-images-v2.1-json-patch";
const anonymous = "anonymous" as const;

/** spec/image-api-v2.md sections 2.1 to 2.3. */
const HEADERS: Row[] = [
  {
    row: "image-api-v2 §2.1: 401 without a token, saying where tokens are had",
    as: anonymous,
    send: "GET /v2/images",
    expect: 401,
    answer: { headers: { "www-authenticate": /^Keystone uri="http.+"$/ } },
  },
  {
    row: "image-api-v2 §2.1: 401 for a token that is none",
    as: anonymous,
    headers: { "x-auth-token": "made up" },
    send: "GET /v2/images",
    expect: 401,
  },
  {
    row: "image-api-v2 §2.1: 401 for a service token that is none",
    headers: { "x-service-token": "made up" },
    send: "GET /v2/images",
    expect: 401,
  },
  {
    row: "image-api-v2 §2.1: the roles of a service token count as service roles",
    serviceToken: "service",
    send: "GET /v2/images",
    expect: 200,
  },
  {
    row: "image-api-v2 §2.1: a size header that is no number is 400",
    send: `PUT ${ABSENT}/file`,
    headers: { ...OCTETS, "x-openstack-image-size": "x" },
    body: "x",
    expect: 400,
  },
  {
    row: "image-api-v2 §2.2: every answer has a request id",
    send: "GET /v2/images",
    expect: 200,
    answer: { headers: { "x-openstack-request-id": /^req-[0-9a-f-]{36}$/ } },
  },
  {
    row: "image-api-v2 §2.2: a refusal has a request id",
    send: `GET ${ABSENT}`,
    expect: 404,
    answer: { headers: { "x-openstack-request-id": /^req-[0-9a-f-]{36}$/ } },
  },
  {
    row: "image-api-v2 §2.2: the caller's request id comes back, with req- before it",
    send: "GET /v2/images",
    headers: { "x-openstack-request-id": "mine" },
    expect: 200,
    answer: { headers: { "x-openstack-request-id": "req-mine" } },
  },
  {
    row: "image-api-v2 §2.2: 431 for a request id of more than 64 characters [DEV]",
    send: "GET /v2/images",
    headers: { "x-openstack-request-id": "x".repeat(65) },
    expect: 431,
  },
  {
    row: "image-api-v2 §2.2: 201 of an image has its absolute Location",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { headers: { location: /^http:\/\/glimpse\/v2\/images\/[0-9a-f-]{36}$/ } },
  },
  {
    row: "image-api-v2 §2.2: 201 of an image names all stores",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { headers: { "openstack-image-store-ids": /^file,r2/ } },
  },
  {
    row: "image-api-v2 §2.2: 201 of an image names no import method while there is none",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { headers: { "openstack-image-import-methods": null } },
  },
  {
    row: "image-api-v2 §2.2: 413 has no Retry-After",
    send: "POST /v2/images",
    body: { tags: Array.from({ length: 129 }, (_, at) => `t${at}`) },
    expect: 413,
    answer: { headers: { "retry-after": null } },
  },
  {
    row: "image-api-v2 §2.3: a patch of another media type is 415 with both that are taken",
    send: `PATCH ${ABSENT}`,
    headers: { "content-type": "application/json-patch+json" },
    body: [],
    expect: 415,
    answer: { headers: { "accept-patch": BOTH_PATCHES } },
  },
  {
    row: "image-api-v2 §2.3: a patch without a media type is 415",
    send: `PATCH ${ABSENT}`,
    headers: { "content-type": "" },
    body: [],
    expect: 415,
  },
  {
    row: "image-api-v2 §2.3: an upload of another media type is 415",
    send: `PUT ${ABSENT}/file`,
    headers: { "content-type": "application/json" },
    body: "x",
    expect: 415,
  },
  {
    row: "image-api-v2 §2.3: an upload without a media type is 415",
    send: `PUT ${ABSENT}/file`,
    headers: { "content-type": "" },
    body: "x",
    expect: 415,
  },
  {
    row: "image-api-v2 §2.3: the media type of an upload may have parameters",
    given: {},
    send: "PUT {image}/file",
    headers: { "content-type": "application/octet-stream; charset=x" },
    body: "x",
    expect: 204,
  },
  {
    row: "image-api-v2 §2.3: JSON is read whatever its media type says",
    send: "POST /v2/images",
    headers: { "content-type": "text/csv" },
    body: {},
    expect: 201,
  },
];

const noBody = (what: string, send: string): Row => ({
  row: `image-api-v2 §2.4: 400 for a body with ${what}, before anything is looked up`,
  send,
  body: "x",
  expect: 400,
});

/** Section 2.4. */
const BODIES: Row[] = [
  noBody("a show", `GET ${ABSENT}`),
  noBody("a delete", `DELETE ${ABSENT}`),
  noBody("a download", `GET ${ABSENT}/file`),
  noBody("a schema", "GET /v2/schemas/image"),
  noBody("the stores", "GET /v2/info/stores"),
  noBody("the import methods", "GET /v2/info/import"),
  {
    row: "image-api-v2 §2.4: a body of a list is ignored",
    send: "GET /v2/images?limit=1",
    body: "x",
    undescribed: "HTTP has no body of a GET",
    expect: 200,
  },
  {
    row: "image-api-v2 §2.4: a body of /info/usage is ignored",
    send: "GET /v2/info/usage",
    body: "x",
    undescribed: "HTTP has no body of a GET",
    expect: 200,
  },
  { row: "image-api-v2 §2.4: 400 for a body that is missing", send: "POST /v2/images", expect: 400 },
  {
    row: "image-api-v2 §2.4: 400 for malformed JSON",
    send: "POST /v2/images",
    body: '{"name":',
    expect: 400,
  },
  {
    row: "image-api-v2 §2.4: 400 for a scalar where an object is wanted",
    send: "POST /v2/images",
    body: "1",
    expect: 400,
  },
  {
    row: "image-api-v2 §2.4: 400 for an array where an object is wanted [DEV]",
    send: "POST /v2/images",
    body: [],
    expect: 400,
  },
  {
    row: "image-api-v2 §2.4: 413 for JSON over the cap [DEV]",
    send: "POST /v2/images",
    body: { name: "x".repeat(3_000_000) },
    expect: 413,
  },
  {
    row: "image-api-v2 §2.4: 400 for a character above U+FFFF in a name",
    send: "POST /v2/images",
    body: { name: "🐧" },
    expect: 400,
  },
  {
    row: "image-api-v2 §2.4: 400 for a NUL in a name [DEV]",
    send: "POST /v2/images",
    body: { name: "a\0" },
    expect: 400,
  },
  {
    row: "image-api-v2 §2.4: 400 for a NUL in a patch [DEV]",
    send: `PATCH ${ABSENT}`,
    headers: PATCH,
    body: [{ op: "add", path: "/a", value: "\0" }],
    expect: 400,
  },
];

const errorBody = (what: string, accept: string, type: string, body: RegExp): Row => ({
  row: `image-api-v2 §2.5: an error is ${what}`,
  send: `GET ${ABSENT}`,
  headers: { accept },
  expect: 404,
  answer: { headers: { "content-type": type }, body },
});

/** Section 2.5. */
const ERRORS: Row[] = [
  errorBody(
    "plain text where nothing is asked for",
    "",
    "text/plain; charset=UTF-8",
    /^404 Not Found\n\nNo image found/,
  ),
  errorBody(
    "plain text where text/plain is asked for",
    "text/plain",
    "text/plain; charset=UTF-8",
    /^404 Not Found\n\n/,
  ),
  errorBody(
    "plain text for a type that is none of these",
    "application/xml",
    "text/plain; charset=UTF-8",
    /^404 Not Found\n\n/,
  ),
  errorBody(
    "HTML for whoever takes anything",
    "*/*",
    "text/html; charset=UTF-8",
    /<title>404 Not Found<\/title>(?:.|\n)*<h1>404 Not Found<\/h1>/,
  ),
  errorBody(
    "JSON where JSON is asked for, its code a text",
    "application/json",
    "application/json",
    /"code":"404 Not Found","title":"Not Found"/,
  ),
  { row: "image-api-v2 §2.5: 400 for a URL that cannot be decoded", send: "GET /v2/images/%ff", expect: 400 },
  {
    row: "image-api-v2 §2.5: 404 for an unknown path, whatever the method",
    send: "PUT /v2/nope",
    expect: 404,
  },
  {
    row: "image-api-v2 §2.5: 405 names the methods that there are",
    send: "PUT /v2/images",
    body: "x",
    expect: 405,
    answer: { headers: { allow: "GET, POST" } },
  },
  { row: "image-api-v2 §2.5: HEAD of the list is 405", send: "HEAD /v2/images", expect: 405 },
  {
    row: "image-api-v2 §2.5: HEAD of an image is 405",
    given: {},
    send: "HEAD {image}",
    expect: 405,
    answer: { headers: { allow: "GET, PATCH, DELETE" } },
  },
  {
    row: "image-api-v2 §2.5: HEAD of the data is 405",
    given: ACTIVE,
    send: "HEAD {image}/file",
    expect: 405,
    answer: { headers: { allow: "GET, PUT" } },
  },
  {
    row: "image-api-v2 §2.5: OPTIONS is 405",
    send: "OPTIONS /v2/images",
    expect: 405,
    answer: { headers: { allow: "GET, POST" } },
  },
];

/** Section 2.6, each neighbour against the next. */
const ORDER: Row[] = [
  {
    row: "image-api-v2 §2.6: 401 comes before 404 of the path",
    as: anonymous,
    send: "GET /v2/nope",
    expect: 401,
  },
  {
    row: "image-api-v2 §2.6: 401 comes before 400 of the URL",
    as: anonymous,
    send: "GET /v2/images/%ff",
    expect: 401,
  },
  {
    row: "image-api-v2 §2.6: 405 comes before 400 of a body",
    send: "POST /v2/schemas/image",
    body: "x",
    expect: 405,
  },
  {
    row: "image-api-v2 §2.6: 415 of a patch comes before 400 of its body",
    send: `PATCH ${ABSENT}`,
    headers: { "content-type": "text/plain" },
    body: "not json",
    expect: 415,
  },
  {
    row: "image-api-v2 §2.6: 400 of a patch comes before 404",
    send: `PATCH ${ABSENT}`,
    headers: PATCH,
    body: {},
    expect: 400,
  },
  {
    row: "image-api-v2 §2.6: 403 of a reserved name comes before 404",
    send: `PATCH ${ABSENT}`,
    headers: PATCH,
    body: [{ op: "add", path: "/os_glance_x", value: "x" }],
    expect: 403,
  },
  {
    row: "image-api-v2 §2.6: 404 comes before 403 of the policy",
    given: {},
    as: "other reader",
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "x",
    expect: 404,
  },
  {
    row: "image-api-v2 §2.6: 403 of the policy comes before 409 of the state",
    given: ACTIVE,
    as: "reader",
    send: "PUT {image}/file",
    headers: OCTETS,
    body: "x",
    expect: 403,
  },
  {
    row: "image-api-v2 §2.6: 400 of the store header comes before 404",
    send: `PUT ${ABSENT}/file`,
    headers: { ...OCTETS, "x-image-meta-store": "nowhere" },
    body: "x",
    expect: 400,
  },
];

const UNSET = [
  "name",
  "disk_format",
  "container_format",
  "size",
  "virtual_size",
  "checksum",
  "os_hash_algo",
  "os_hash_value",
];

/** Sections 2.7 and 2.8. */
const JSON_FORM: Row[] = [
  {
    row: "image-api-v2 §2.7: times are UTC in whole seconds",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { body: /"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/ },
  },
  {
    row: "image-api-v2 §2.7: what is not set is null",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { body: Object.fromEntries(UNSET.map((name) => [name, null])) },
  },
  {
    row: "image-api-v2 §2.7: additional properties are flat texts",
    send: "POST /v2/images",
    body: { "trait:HW": "required" },
    expect: 201,
    answer: { body: { "trait:HW": "required" } },
  },
  {
    row: "image-api-v2 §2.7: what configuration gates is left out",
    send: "POST /v2/images",
    body: {},
    expect: 201,
    answer: { without: ["locations", "direct_url", "stores"] },
  },
  {
    row: "image-api-v2 §2.7: tags are a set",
    send: "POST /v2/images",
    body: { tags: ["x", "x"] },
    expect: 201,
    answer: { body: { tags: ["x"] } },
  },
  {
    row: "image-api-v2 §2.7: links are relative whatever the public URL",
    send: "POST /v2/images",
    body: {},
    settings: { PUBLIC_URL: "https://image.example.org" },
    expect: 201,
    answer: { body: { schema: "/v2/schemas/image" } },
  },
  { row: "image-api-v2 §2.8: an id that is no UUID is 404", send: "GET /v2/images/nope", expect: 404 },
  {
    row: "image-api-v2 §2.8: ids are told apart by case",
    given: { fields: { id: "ABCDEF01-1a7c-4c0b-9f39-8f6a3e5d2c11" } },
    send: "GET /v2/images/abcdef01-1a7c-4c0b-9f39-8f6a3e5d2c11",
    expect: 404,
  },
];

export const conventions: readonly Row[] = [...HEADERS, ...BODIES, ...ERRORS, ...ORDER, ...JSON_FORM];
