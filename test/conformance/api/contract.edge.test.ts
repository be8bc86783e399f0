import { expect, test } from "vitest";
import type { Exchange } from "../../support/contract.ts";
import { contract } from "../../support/held.ts";

/** The checker itself: what the rows of this ring are held to can fail. */

const IMAGE = {
  ...{ id: "7f3c2a90-5d1e-4b7a-9c33-0e6a51f2b8d4", name: "a", status: "active", visibility: "shared" },
  ...{ protected: false, os_hidden: false, owner: "p", disk_format: "raw", container_format: "bare" },
  ...{ min_disk: 0, min_ram: 0, size: 9, virtual_size: null, checksum: null, tags: [] },
  ...{ os_hash_algo: null, os_hash_value: null },
  ...{ created_at: "2026-11-25T09:30:00Z", updated_at: "2026-11-25T09:30:00Z" },
  ...{ self: "/v2/images/7f3c", file: "/v2/images/7f3c/file", schema: "/v2/schemas/image" },
};
const ANSWERED = {
  "content-type": "application/json",
  "cache-control": "private, no-store",
  "x-openstack-request-id": "req-1",
};
const TO_A_PAGE = {
  "access-control-allow-origin": "https://console.example.org",
  "access-control-allow-credentials": "true",
  "access-control-expose-headers": "X-Subject-Token, Location",
  vary: "Origin",
};
const TOKEN = { "x-auth-token": "t" };

const shown = (over: Partial<Exchange> = {}): Exchange => ({
  ...{ method: "GET", target: `/v2/images/${IMAGE.id}`, sent: new Headers(TOKEN) },
  ...{ status: 200, headers: new Headers(ANSWERED), answer: JSON.stringify(IMAGE) },
  ...over,
});
const created = (body: unknown): Exchange =>
  shown({
    ...{ method: "POST", target: "/v2/images", status: 201, body: JSON.stringify(body) },
    headers: new Headers({
      ...ANSWERED,
      location: "http://any/v2/images/7f3c",
      "openstack-image-store-ids": "file",
    }),
  });

test("what the document describes passes", () => {
  expect(contract.problemsOf(shown())).toEqual([]);
  expect(contract.problemsOf(shown({ target: `/v2.5/images/${IMAGE.id}` }))).toEqual([]);
  expect(contract.problemsOf(shown({ headers: new Headers({ ...ANSWERED, ...TO_A_PAGE }) }))).toEqual([]);
  expect(contract.problemsOf(created({ name: "a", os_distro: "debian" }))).toEqual([]);
});

const without = (name: string) => new Headers(Object.entries(ANSWERED).filter(([known]) => known !== name));
const json = (over: object) => JSON.stringify({ ...IMAGE, ...over });

test.each<[what: string, exchange: Exchange, problem: RegExp]>([
  ["a path", shown({ target: "/v2/pictures" }), /path is not described/],
  ["a path beside a known one", shown({ target: "/v2/images/a/b" }), /path is not described/],
  ["a method", shown({ method: "PUT" }), /method is not described/],
  ["a status", shown({ status: 418 }), /status 418/],
  ["a success of another operation", shown({ status: 201 }), /status 201/],
  [
    "a media type",
    shown({ headers: new Headers({ ...ANSWERED, "content-type": "text/x" }) }),
    /text\/x is not/,
  ],
  ["an answer that is no JSON", shown({ answer: "<html>" }), /is no JSON/],
  ["a field of another type", shown({ answer: json({ size: "9" }) }), /answer, #\/size/],
  ["a field that is missing", shown({ answer: json({ checksum: undefined }) }), /"checksum"/],
  ["a value that is none of them", shown({ answer: json({ status: "asleep" }) }), /answer, #\/status/],
  ["a property that is no text", shown({ answer: json({ os_distro: 1 }) }), /answer, #\/os_distro/],
  [
    "a header that is missing",
    shown({ headers: without("x-openstack-request-id") }),
    /X-Openstack-Request-Id/,
  ],
  ["an answer that may be kept", shown({ headers: without("cache-control") }), /Cache-Control/],
  [
    "a header",
    shown({ headers: new Headers({ ...ANSWERED, "retry-after": "1" }) }),
    /header retry-after is not described/,
  ],
  [
    "what only a preflight is told",
    shown({ headers: new Headers({ ...ANSWERED, "access-control-max-age": "5" }) }),
    /header access-control-max-age is not described/,
  ],
  [
    "credentials that are neither allowed nor not",
    shown({ headers: new Headers({ ...ANSWERED, "access-control-allow-credentials": "maybe" }) }),
    /Access-Control-Allow-Credentials/,
  ],
  ["a field", shown({ target: "/v2/info/usage", answer: '{"usage":{},"secret":"x"}' }), /secret/],
  ["a parameter", shown({ target: "/v2/tasks?nonsense=1" }), /parameter nonsense is not described/],
  [
    "the media type of data",
    shown({
      ...{ method: "PUT", target: `/v2/images/${IMAGE.id}/file`, status: 204, answer: "" },
      sent: new Headers({ ...TOKEN, "content-type": "text/nonsense" }),
    }),
    /text\/nonsense is not described/,
  ],
  ["a body where none is described", shown({ method: "DELETE", status: 204 }), /none is described/],
  ["a parameter of another type", shown({ target: "/v2/images?limit=many" }), /parameter limit/],
  ["a request's body", created({ min_disk: "4" }), /request, #\/min_disk/],
  ["no body where one must be", { ...created({}), body: undefined }, /request's body is missing/],
  ["an empty body where one must be", { ...created({}), body: "" }, /request's body is missing/],
  ["a request's body that none is asked for", shown({ body: "x" }), /request has a body/],
])("%s that the document does not have is a failure", (_what, exchange, problem) => {
  expect(contract.problemsOf(exchange).join("\n")).toMatch(problem);
  expect(() => contract.hold(exchange)).toThrow("is not in the document");
});

const refused = (status: number, title: string, over: Partial<Exchange> = {}): Exchange =>
  shown({
    ...{ status, headers: new Headers(ANSWERED) },
    answer: JSON.stringify({ message: "m", code: `${status} ${title}`, title }),
    ...over,
  });
const saying = (more: Record<string, string>) => new Headers({ ...ANSWERED, ...more });
const NO_METHOD = refused(405, "Method Not Allowed", {
  method: "PUT",
  headers: saying({ allow: "GET, PATCH, DELETE" }),
});
const NO_PATH = refused(404, "Not Found", { target: "/v2/pictures" });
const BARE_PATH = { target: "/pictures", status: 300, answer: JSON.stringify({ versions: [] }) };
const NOTHING = { headers: without("content-type"), answer: "" };
const HEAD = { method: "HEAD", target: "/docs", answer: "" };
const PAGE = {
  ...{ "content-type": "text/html; charset=UTF-8", "cache-control": "no-cache", etag: '"a"' },
  ...{ "content-security-policy": "c", "x-content-type-options": "nosniff", "referrer-policy": "r" },
};
const ASKS_FIRST = { origin: "https://console.example.org", "access-control-request-method": "PUT" };
const LET_IN = {
  "access-control-allow-origin": "https://console.example.org",
  "access-control-allow-methods": "GET, PUT",
  "access-control-max-age": "3600",
};
const preflight = (answered: Record<string, string> = LET_IN, asked: Record<string, string> = ASKS_FIRST) => {
  const { "content-type": _none, ...common } = ANSWERED;
  const headers = new Headers({ ...common, ...answered });
  return shown({ method: "OPTIONS", sent: new Headers(asked), status: 204, headers, answer: "" });
};
const HTML = { "content-type": "text/html; charset=UTF-8" };
const TEXT = { "content-type": "text/plain; charset=UTF-8" };
const page = (code: string) => `<html>\n <body>\n  <h1>${code}</h1>\n  m<br /><br />\n\n\n </body>\n</html>`;

test.each<[what: string, exchange: Exchange]>([
  ["a method that is none", NO_METHOD],
  ["its methods in another order", { ...NO_METHOD, headers: saying({ allow: "DELETE, GET, PATCH" }) }],
  ["no token for it", refused(401, "Unauthorized", { method: "PUT" })],
  ["HEAD under /v2", { ...NO_METHOD, method: "HEAD", answer: "" }],
  ["HEAD of a page", shown({ ...HEAD, headers: saying(PAGE) })],
  ["HEAD of the health", shown({ ...HEAD, target: "/healthcheck", status: 204, headers: NOTHING.headers })],
  ["a path that is none", NO_PATH],
  ["a path that is none, at the root", shown(BARE_PATH)],
  ["versions, asked for by any method", shown({ ...BARE_PATH, target: "/", method: "POST" })],
  ["versions, with a slash", shown({ ...BARE_PATH, target: "/versions/", status: 200 })],
  ["a refusal as HTML", refused(404, "", { headers: saying(HTML), answer: page("404 Not Found") })],
  ["a refusal as text", refused(404, "", { headers: saying(TEXT), answer: "404 Not Found\n\nm\n\n\n" })],
  ["a browser that asks first", preflight()],
])("%s passes, as it is told in words", (_what, exchange) => {
  expect(contract.problemsOf(exchange)).toEqual([]);
});

test.each<[what: string, exchange: Exchange, problem: RegExp]>([
  [
    "a fault at a path that is none",
    refused(500, "Internal Server Error", { target: "/v2/pictures" }),
    /status is 500/,
  ],
  ["an outage there", refused(503, "Service Unavailable", { target: "/pictures" }), /status is 503/],
  ["versions under /v2", shown({ ...BARE_PATH, target: "/v2/pictures" }), /status is 300/],
  ["a 404 at the root", { ...NO_PATH, target: "/pictures" }, /status is 404/],
  ["other versions there", shown({ ...BARE_PATH, answer: "{}" }), /"versions"/],
  ["a header there", { ...NO_PATH, headers: saying({ "x-secret": "1" }) }, /header x-secret/],
  [
    "no request id there",
    { ...NO_PATH, headers: without("x-openstack-request-id") },
    /Request-Id is missing/,
  ],
  ["another body there", { ...NO_PATH, answer: "{}" }, /"message"/],
  ["no body there", { ...NO_PATH, answer: "" }, /is no JSON/],
  ["a fault of a method", refused(500, "Internal Server Error", { method: "PUT" }), /status is 500/],
  ["a 405 without Allow", { ...NO_METHOD, headers: saying({}) }, /header Allow is missing/],
  [
    "a 405 that allows too much",
    { ...NO_METHOD, headers: saying({ allow: "GET, PATCH, DELETE, PUT" }) },
    /Allow/,
  ],
  ["a 405 that allows too little", { ...NO_METHOD, headers: saying({ allow: "GET, PATCH" }) }, /Allow/],
  [
    "a header of a 405",
    { ...NO_METHOD, headers: saying({ allow: "GET, PATCH, DELETE", "x-secret": "1" }) },
    /x-secret/,
  ],
  ["a body of a 405", { ...NO_METHOD, answer: "nothing" }, /is no JSON/],
  ["a body of a 401", refused(401, "Unauthorized", { method: "PUT", answer: "{}" }), /"message"/],
  ["a 403 of a method", refused(403, "Forbidden", { method: "PUT" }), /status is 403/],
  ["a fault for HEAD", shown({ ...HEAD, status: 502, headers: saying(PAGE) }), /status 502/],
  ["another header for HEAD", shown({ ...HEAD, headers: saying({ ...PAGE, "x-secret": "1" }) }), /x-secret/],
  ["a body for HEAD", shown({ ...HEAD, headers: saying(PAGE), answer: "x" }), /HEAD has a body/],
  ["an OPTIONS that nobody asked first with", preflight(LET_IN, {}), /status is 204/],
  ["a header for who asks first", preflight({ ...LET_IN, "x-secret": "1" }), /x-secret/],
  ["no leave for who asks first", preflight({}), /Allow-Origin is missing/],
  ["an empty refusal as HTML", refused(404, "", { headers: saying(HTML), answer: "" }), /answer, #/],
  [
    "a refusal as HTML of another",
    refused(404, "", { headers: saying(HTML), answer: page("409 Conflict") }),
    /answer, #/,
  ],
  ["an empty refusal as text", refused(404, "", { headers: saying(TEXT), answer: "" }), /answer, #/],
  ["another status of /", shown({ ...BARE_PATH, target: "/", status: 200 }), /status 200/],
  ["another status of /v2", refused(404, "Not Found", { target: "/v2" }), /status 404/],
  ["another status of /identity", refused(418, "", { target: "/identity" }), /status 418/],
  ["a version that there is not", refused(404, "Not Found", { target: "/v2.14/images/x" }), /status is 404/],
])("%s is a failure", (_what, exchange, problem) => {
  expect(contract.problemsOf(exchange).join("\n")).toMatch(problem);
});

test("a request that is refused may be wrong, and one that is taken only where it is said", () => {
  const wrong = created({ min_disk: "4" });
  const { status, headers, answer } = refused(400, "Bad Request");
  expect(contract.problemsOf({ ...wrong, status, headers, answer })).toEqual([]);
  expect(contract.problemsOf({ ...wrong, undescribed: "for a test" })).toEqual([]);
});
