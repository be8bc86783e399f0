import { expect, test } from "vitest";
import { type Door, doorOf, pathOf } from "./paths.ts";

test.each<Door>([
  { what: "blob", store: "file", key: "a.1" },
  { what: "info", store: "file", key: "a" },
  { what: "digest", store: "file", key: "a" },
  { what: "list", store: "my.store" },
  { what: "blob", store: "a/b", key: "../ü?#" },
])("$what of $store is found again from its path", (door) => expect(doorOf(pathOf(door))).toEqual(door));

test.each([
  "/",
  "/v1/stores",
  "/v1/stores/a",
  "/v1/stores/a/blobs/",
  "/v1/stores/a/blobs/b/c",
  "/v1/stores/%/blobs",
])("%s names nothing", (path) => expect(doorOf(path)).toBeUndefined());
