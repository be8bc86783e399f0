import { expect, test } from "vitest";
import { withoutCredentials, withoutStoreCredentials } from "./location-url.ts";

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
  ["s3://AK:se/cr/et@h:1/b/k", "s3://h:1/b/k"],
  ["s3://AK:s3://x@h/b/k", "s3://***@h/b/k"],
  ["nonsense", "nonsense"],
])("of %j everybody may see %j", (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});

test.each([
  ["s3://AK:se/cr+et@10.0.0.5:7480/images/k", "s3://10.0.0.5:7480/images/k"],
  ["s3+https://AK:secret@s3.example.org/path/images/k", "s3+https://s3.example.org/path/images/k"],
  ["S3+HTTP://AK:a@b@h/images/k", "s3+http://h/images/k"],
  ["s3://h/images/k", "s3://h/images/k"],
  ["s3://AK:x://y@h/images/k", "s3://AK:x://y@h/images/k"],
  ["swift+https://u:p@h/c/k", "swift+https://u@h/c/k"],
  ["swift+https://t%3Au:p%2Fq@h:5000/v3/c/k", "swift+https://t%3Au@h:5000/v3/c/k"],
  ["Swift://t:u:p/q@h/c/k", "swift://t%3Au@h/c/k"],
  ["swift+http://h/c/k", "swift+http://h/c/k"],
  ["swift+https://t%3Au@h/c/k", "swift+https://t%3Au@h/c/k"],
  ["swift+https://u:p@https://h/c/k", "swift+https://u:p@https://h/c/k"],
  ["swift+config://u:p@ref/c/k", "swift+config://u:p@ref/c/k"],
  ["http://u:p@h/k", "http://u:p@h/k"],
])("of %j we keep %j", (url, kept) => {
  expect(withoutStoreCredentials(url)).toBe(kept);
});
