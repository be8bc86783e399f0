import { ClientError } from "@glimpse/client/errors.ts";
import { expect, test } from "vitest";
import { nextAfter } from "./errors.ts";

const after = (status: number, detail: string) =>
  nextAfter(new ClientError(`HTTP ${status}: ${detail}`, { status, detail }));

test.each([
  "You are not authorized to complete publicize_image action.",
  "You are not authorized to perform the requested action: identity:create_user.",
  "Owner can't be updated by non admin.",
  "Property 'x' is protected: you may not update it.",
])("a role is advised where one is missing: %s", (detail) => {
  expect(after(403, detail)).toMatch(/role that it needs/);
});

test.each([
  "Attribute disk_format can be only replaced for a queued image.",
  "Nobody could administer after that: give role admin on an enabled project to another user who has a password first.",
  "Image 1 is protected and cannot be deleted; unprotect it first.",
  "Not allowed to deactivate an image in status 'queued'",
])("no administrator is sent for where nobody may as things are: %s", (detail) => {
  expect(after(403, detail)).toMatch(/^Change what it names first/);
});

test("a full store is told from a quota", () => {
  expect(after(413, "The store has no room for the image data.")).toMatch(/^The store is full/);
  expect(after(413, "Project p may have 3 images, and has them.")).not.toContain("store");
});
