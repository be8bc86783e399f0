import * as fc from "fast-check";
import { FIELD_NAMES, FILTER_NAMES, ODD_TEXTS } from "../support/odd-texts.ts";

export interface OddRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const oddText = fc.oneof(
  fc.constantFrom(...ODD_TEXTS),
  fc.constantFrom(...FIELD_NAMES),
  fc.string({ unit: "binary", maxLength: 30 }),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom(0, -1, 1.5, 2 ** 31, 2 ** 53, 1e300, true, false, null),
  fc.jsonValue({ maxDepth: 3 }),
);
const oddKey = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...FIELD_NAMES) },
  { weight: 1, arbitrary: oddText },
);
const oddObject = fc
  .array(fc.tuple(oddKey, oddValue), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries));
const oddOperation = fc.oneof(
  fc.record({
    op: fc.constantFrom("add", "replace", "remove", "test", "move"),
    path: oddKey.map((key) => `/${key}`),
    value: oddValue,
  }),
  fc.record({
    op: fc.constantFrom("add", "replace"),
    path: fc.constant("/locations/-"),
    value: fc.record({ url: oddText, metadata: oddValue }),
  }),
  fc
    .tuple(fc.constantFrom("add", "replace", "remove"), oddKey, oddValue)
    .map(([verb, key, value]) => ({ [verb]: `/${key}`, value })),
  oddValue,
);
const oddJson = fc
  .oneof(
    { weight: 3, arbitrary: oddObject },
    { weight: 3, arbitrary: fc.array(oddOperation, { maxLength: 3 }) },
    { weight: 1, arbitrary: oddValue },
    { weight: 1, arbitrary: fc.record({ member: oddValue }) },
    { weight: 1, arbitrary: fc.record({ status: oddValue }) },
    {
      weight: 1,
      arbitrary: fc.record({ url: oddText, validation_data: oddObject }, { requiredKeys: ["url"] }),
    },
  )
  .map((value) => JSON.stringify(value) ?? "");
const oddBody = fc.oneof(
  { weight: 6, arbitrary: oddJson },
  { weight: 1, arbitrary: fc.tuple(oddJson, fc.nat({ max: 200 })).map(([json, at]) => json.slice(0, at)) },
  { weight: 1, arbitrary: fc.constantFrom("[".repeat(50_000), '{"a":"\\u0000"}', "null", "0", "\ufeff{}") },
  { weight: 4, arbitrary: fc.constant(undefined) },
);

const escaped = fc.oneof(
  oddText.map((value) => encodeURIComponent(value.toWellFormed().slice(0, 2000))),
  fc.constantFrom("%00", "%ff", "%zz", "+", "a&b", "=", "%22", "..", "%2e%2e", "%2f", ";"),
);
/** `{image}` is the path of an image, which there may or may not be. */
const oddPath = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      "{image}",
      "{image}/file",
      "{image}/members",
      "{image}/locations",
      "{image}/tasks",
      "{image}/actions/deactivate",
      "/v2/images",
      "/v2/tasks",
      "/v2/info/usage",
      "/v2/info/stores",
      "/v2/schemas/image",
      "/v2/cache",
      "/",
      "/versions",
      "/healthcheck",
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "{image}/",
          "{image}/tags/",
          "{image}/members/",
          "/v2/images/",
          "/v2/",
          "/v2/stores/file/",
          "/v2/tasks/",
          "/v2/info/",
          "/",
          "/v2.9/",
        ),
        escaped,
      )
      .map(([start, end]) => start + end),
  },
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...FILTER_NAMES), escaped), escaped), { maxLength: 4 })
      .map((pairs) => `/v2/images?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`),
  },
);

const headerText = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1e3",
    "9".repeat(40),
    "bytes=0-",
    "bytes=5-2",
    "bytes=0-1,3-4",
    "nowhere",
    "*/*",
    "x".repeat(5000),
    "a, b;q=x",
  ),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 40,
  }),
);
const oddHeaders = fc.oneof(
  fc.constant({ "content-type": "application/openstack-images-v2.1-json-patch" }),
  fc.constant({ "content-type": "application/openstack-images-v2.0-json-patch" }),
  fc.constant({ "content-type": "application/octet-stream" }),
  fc.dictionary(
    fc.constantFrom(
      "content-type",
      "accept",
      "range",
      "content-range",
      "if-none-match",
      "if-range",
      "x-openstack-image-size",
      "x-image-meta-store",
      "x-openstack-request-id",
      "x-service-token",
      "x-auth-token",
      "x-image-meta-name",
      "forwarded",
    ),
    headerText,
    { maxKeys: 3 },
  ),
);

/** A body or header where it does not belong, names and values of every kind, paths and methods that are none. */
export const oddRequest: fc.Arbitrary<OddRequest> = fc.record({
  method: fc.constantFrom(
    "GET",
    "GET",
    "POST",
    "POST",
    "PUT",
    "PUT",
    "PATCH",
    "PATCH",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
  ),
  path: oddPath,
  headers: oddHeaders,
  body: oddBody,
});
