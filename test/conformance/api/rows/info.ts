import type { Row } from "../row.ts";

const STORES = [
  { id: "fast", type: "memory", description: "quick", weight: 3 },
  { id: "cheap", type: "memory" },
];

/** spec/info-tasks-cache.md sections 1 and 5. */
export const info: readonly Row[] = [
  {
    row: "info-tasks-cache §1.1: the import methods are an array, empty yet",
    as: "auditor",
    send: "GET /v2/info/import",
    expect: 200,
    answer: { body: { "import-methods": { type: "array", value: [] } } },
  },
  {
    row: "info-tasks-cache §1.2: stores are listed as configured, the default one marked",
    as: "auditor",
    send: "GET /v2/info/stores",
    settings: { STORES },
    expect: 200,
    answer: { body: '{"stores":[{"id":"fast","description":"quick","default":"true"},{"id":"cheap"}]}' },
  },
  {
    row: "info-tasks-cache §1.3: detail is for administrators, with type and weight",
    as: "admin",
    send: "GET /v2/info/stores/detail",
    settings: { STORES },
    expect: 200,
    answer: {
      body: {
        stores: [
          { id: "fast", type: "memory", weight: 3, default: "true" },
          { id: "cheap", weight: 0 },
        ],
      },
    },
  },
  {
    row: "info-tasks-cache §1.3: detail is for the role service",
    as: "service",
    send: "GET /v2/info/stores/detail",
    expect: 200,
  },
  { row: "info-tasks-cache §1.3: detail is 403 for others", send: "GET /v2/info/stores/detail", expect: 403 },
  ...["import", "stores", "stores/detail", "usage"].flatMap((path): Row[] => [
    {
      row: `info-tasks-cache §1: 405 for other methods of /info/${path}`,
      send: `DELETE /v2/info/${path}`,
      expect: 405,
      answer: { headers: { allow: "GET" } },
    },
    {
      row: `info-tasks-cache §1: 401 for /info/${path} without a token`,
      as: "anonymous",
      send: `GET /v2/info/${path}`,
      expect: 401,
    },
  ]),
  {
    row: "info-tasks-cache §1: 404 for what there is not under /info",
    send: "GET /v2/info/nope",
    expect: 404,
  },
  {
    row: "info-tasks-cache §5: 200 OK in plain text without a token",
    as: "anonymous",
    send: "GET /healthcheck",
    headers: { accept: "" },
    expect: 200,
    answer: { headers: { "content-type": /^text\/plain/ }, body: "OK" },
  },
  {
    row: "info-tasks-cache §5: 200 as JSON where it is asked for",
    as: "anonymous",
    send: "GET /healthcheck",
    expect: 200,
    answer: { body: '{"detailed":false,"reasons":["OK"]}' },
  },
  {
    row: "info-tasks-cache §5: 200 as HTML where it is asked for",
    as: "anonymous",
    send: "GET /healthcheck",
    headers: { accept: "text/html" },
    expect: 200,
    answer: { headers: { "content-type": /^text\/html/ } },
  },
  { row: "info-tasks-cache §5: HEAD is 204", as: "anonymous", send: "HEAD /healthcheck", expect: 204 },
  {
    row: "info-tasks-cache §5: 405 for other methods",
    as: "anonymous",
    send: "POST /healthcheck",
    expect: 405,
  },
];
