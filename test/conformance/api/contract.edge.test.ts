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
  ["a 405 that does not say what is allowed", shown({ method: "PUT", status: 405 }), /405 without Allow/],
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

test("a request that is refused may be wrong, and one that is taken only where it is said", () => {
  const wrong = created({ min_disk: "4" });
  const refused = {
    status: 400,
    headers: new Headers(ANSWERED),
    answer: JSON.stringify({ message: "m", code: "400 Bad Request", title: "t" }),
  };
  expect(contract.problemsOf({ ...wrong, ...refused })).toEqual([]);
  expect(contract.problemsOf({ ...wrong, undescribed: "for a test" })).toEqual([]);
});
