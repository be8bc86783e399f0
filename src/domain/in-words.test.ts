import { expect, test } from "vitest";
import { z } from "zod";
import { readAttribute, readProperty } from "./image-attributes.ts";
import { inWords } from "./in-words.ts";

const kinds = z.discriminatedUnion("type", [
  z.object({ type: z.literal("file") }),
  z.object({ type: z.literal("r2") }),
]);

test.each([
  [z.enum(["raw", "iso"]).nullable(), "zip", "is not one of raw, iso"],
  [z.literal("default"), "other", "is not default"],
  [z.string(), 1, "is not text"],
  [z.int(), 1.5, "is not a whole number"],
  [z.boolean(), "yes", "is not true or false"],
  [z.array(z.string()), {}, "is not a list"],
  [z.object({}), [], "is not an object"],
  [z.string(), undefined, "is missing"],
  [z.string().min(1), "", "is empty"],
  [z.string().min(8), "short", "must have at least 8 characters"],
  [z.string().max(3), "long", "must have at most 3 characters"],
  [z.array(z.string()).max(1), ["a", "b"], "must have at most 1 entries"],
  [z.int().min(0), -1, "must be at least 0"],
  [z.int().max(9), 10, "must be at most 9"],
  [z.url(), "here", "is not a valid url"],
  [z.strictObject({}), { prot: 1 }, "knows no prot"],
  [kinds, { type: "tape" }, "is not one of file, r2"],
  [z.string("has words of its own"), 1, "has words of its own"],
])("what is wrong is said in plain words: case %#", (schema, value, words) => {
  expect(schema.safeParse(value, { error: inWords }).error?.issues[0]?.message).toBe(words);
});

test("an attribute of an image names the values that it may have", () => {
  expect(() => readAttribute("visibility", "secret")).toThrow(
    /^Attribute 'visibility': is not one of \w+(, \w+){3}$/,
  );
  expect(() => readAttribute("min_disk", -1)).toThrow("Attribute 'min_disk': must be at least 0");
  expect(() => readAttribute("name", 5)).toThrow("Attribute 'name': is not text");
  expect(() => readProperty("cinder_encryption_key_deletion_policy", "x")).toThrow(
    "is not one of on_image_deletion, do_not_delete",
  );
});
