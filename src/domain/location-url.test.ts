import { expect, test } from "vitest";
import { withoutCredentials } from "./location-url.ts";

test.each([
  ["http://u:p@h/a@b", "http://***@h/a@b"],
  ["HTTPS://u:p@s@h/", "HTTPS://***@h/"],
  ["http:/u:p@h/", "http:/***@h/"],
  ["http:u:p@h/", "http:***@h/"],
  ["http:///u:p@h/", "http:///***@h/"],
  ["http:\\\\u:p@h/", "http:\\\\***@h/"],
  ["http://\\u:p@h/", "http://\\***@h/"],
  ["http://\t/u:p@h/", "http://***@h/"],
  ["http:/u:\np@h/", "http:/***@h/"],
  ["http://h/a@b?c@d", "http://h/a@b?c@d"],
  ["swift+config:/u:p/q@h/c", "swift+config:/***@h/c"],
  ["swift+https://u:p/q@h/c", "swift+https://***@h/c"],
  ["file:///srv/glimpse@site/x", "file:///srv/glimpse@site/x"],
  ["file://u:p@h/x", "file://***@h/x"],
  ["r2://bucket/a@b", "r2://bucket/a@b"],
  ["nonsense", "nonsense"],
])("of %j everybody may see %j", (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
