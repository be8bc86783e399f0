import type { Row } from "../row.ts";

const anonymous = "anonymous" as const;

/** spec/image-api-v2.md section 1.1. */
const VERSIONS: Row[] = [
  { row: "image-api-v2 §1.1: GET / is 300 without a token", as: anonymous, send: "GET /", expect: 300 },
  { row: "image-api-v2 §1.1: GET /versions is 200", as: anonymous, send: "GET /versions", expect: 200 },
  {
    row: "image-api-v2 §1.1: any method of /versions/ is 200",
    as: anonymous,
    send: "POST /versions/",
    expect: 200,
  },
  { row: "image-api-v2 §1.1: /v1 is 300", as: anonymous, send: "GET /v1/images", expect: 300 },
  {
    row: "image-api-v2 §1.1: an unknown version is 300, whatever the method",
    as: anonymous,
    send: "DELETE /v3",
    expect: 300,
  },
  {
    row: "image-api-v2 §1.1: a version that is not listed is 300",
    as: anonymous,
    send: "GET /v2.99/images",
    expect: 300,
  },
  {
    row: "image-api-v2 §1.1: a bare path without a version is 300",
    as: anonymous,
    send: "GET /foo",
    expect: 300,
  },
  {
    row: "image-api-v2 §1.1: GET /v2 is 302 to /v2/, without a body",
    as: anonymous,
    send: "GET /v2",
    expect: 302,
    answer: { headers: { location: "http://glimpse/v2/" }, body: "" },
  },
  ...["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
    (method): Row => ({
      row: `image-api-v2 §2.5: ${method} of /v2 is 405`,
      as: anonymous,
      send: `${method} /v2`,
      expect: 405,
      answer: { headers: { allow: "GET" } },
    }),
  ),
  { row: "image-api-v2 §1.1: GET /v2/ asks for a token first", as: anonymous, send: "GET /v2/", expect: 401 },
  { row: "image-api-v2 §1.1: GET /v2/ is 404", send: "GET /v2/", expect: 404 },
  {
    row: "image-api-v2 §1.1: /v2.N/images is /v2/images",
    send: "GET /v2.5/images",
    expect: 200,
    answer: { body: { first: "/v2/images" } },
  },
  {
    row: "image-api-v2 §1.1: /images is /v2/images where Accept names v2",
    send: "GET /images",
    headers: { accept: "application/vnd.openstack.images-v2.7" },
    expect: 200,
    answer: { body: { first: "/v2/images" } },
  },
  { row: "image-api-v2 §1.1: /images with another Accept is 300", send: "GET /images", expect: 300 },
];

/** Sections 1.2 and 1.3. */
const DOCUMENT: Row[] = [
  {
    row: "image-api-v2 §1.2: every version has id, status and the link of all",
    as: anonymous,
    send: "GET /",
    expect: 300,
    answer: {
      headers: { "content-type": /^application\/json/ },
      body: /^\{"versions":\[\{"id":"v2\.\d+","status":"CURRENT","links":\[\{"rel":"self","href":"http:\/\/glimpse\/v2\/"\}\]\},\{"id":"v2\.\d+","status":"SUPPORTED","links":\[\{"rel":"self","href":"http:\/\/glimpse\/v2\/"\}\]\}/,
    },
  },
  {
    row: "image-api-v2 §1.2: links begin with the public URL where one is set",
    as: anonymous,
    send: "GET /versions",
    settings: { PUBLIC_URL: "https://image.example.org/" },
    expect: 200,
    answer: { body: /"href":"https:\/\/image\.example\.org\/v2\/"/ },
  },
];

export const versions: readonly Row[] = [...VERSIONS, ...DOCUMENT];
