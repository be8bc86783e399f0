import { expect, test } from "vitest";
import { preferredType } from "./accept.ts";

test.each([
  ["*/*", "text/html"],
  ["application/json", "application/json"],
  ["APPLICATION/JSON; charset=utf-8", "application/json"],
  ["application/json, text/plain, */*", "application/json"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
  ["application/json;q=0.2, text/html;q=0.9", "text/html"],
  ["application/*", "application/json"],
  ["text/html, application/json", "text/html"],
  ["application/json;q=0, */*", "text/html"],
  ["text/html;q=0, */*;q=0.1", "application/json"],
  ["application/json;q=0", undefined],
  ["*/*;q=0", undefined],
  ["application/xml", undefined],
  [";;,,=q", undefined],
  ["", undefined],
  [undefined, undefined],
])("of HTML and JSON, Accept %j prefers %s", (accept, type) => {
  expect(preferredType(accept, ["text/html", "application/json"])).toBe(type);
});
