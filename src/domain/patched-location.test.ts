import { expect, test } from "vitest";
import { readLocation, readLocations } from "./patched-location.ts";
import { readValidationData } from "./validation-data.ts";

const good = { url: "http://x/", metadata: {} };

test.each<[string, () => unknown]>([
  ["locations is not an object.", () => readLocation("x")],
  ["locations is not a list.", () => readLocations(good)],
  ["locations/url is missing.", () => readLocation({ metadata: {} })],
  ["locations/0/url is empty.", () => readLocations([{ ...good, url: "" }])],
  ["locations/metadata is missing.", () => readLocation({ url: "http://x/" })],
  ["locations/metadata is not an object.", () => readLocation({ ...good, metadata: [] })],
  ["locations/metadata/a is not text.", () => readLocation({ ...good, metadata: { a: 1 } })],
  [
    "locations/metadata/__proto__ is not text.",
    () => readLocation(JSON.parse('{"url": "http://x/", "metadata": {"__proto__": {}}}')),
  ],
  [
    "locations/validation_data knows no more.",
    () =>
      readLocation({ ...good, validation_data: { os_hash_algo: "sha512", os_hash_value: "aa", more: 1 } }),
  ],
  [
    "validation_data: os_hash_algo is not one of sha1, sha256, sha512, md5",
    () => readValidationData({ os_hash_algo: "crc32", os_hash_value: "aa" }),
  ],
  [
    "validation_data: knows no more",
    () => readValidationData({ os_hash_algo: "md5", os_hash_value: "", more: 1 }),
  ],
  [
    "validation_data: store must have at most 255 characters",
    () => readValidationData({ store: "x".repeat(256) }),
  ],
])("what is wrong with a location is said in plain words: %s", (words, read) => {
  expect(read).toThrow(words);
});
