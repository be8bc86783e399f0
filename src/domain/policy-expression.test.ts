import { describe, expect, test } from "vitest";
import type { Caller } from "./caller.ts";
import type { Target } from "./policy-checks.ts";
import { parseExpression } from "./policy-expression.ts";

const caller: Caller = {
  userId: "user",
  projectId: "mine",
  domainId: null,
  roles: ["member", "reader"],
  serviceRoles: ["service"],
  expiresAt: 0,
};
const target: Target = {
  id: "7f3c",
  owner: "mine",
  visibility: "private",
  isMember: false,
  properties: { os_type: "linux", empty: "", odd: null, "a=b": "c" },
};

const rules: Record<string, boolean> = { yes: true, no: false };
const isTrue = (text: string, fields: Partial<Target> = {}, who = caller) => {
  const parsed = parseExpression(text, (name) => () => rules[name] ?? false);
  if (typeof parsed === "string") throw new Error(`${text} ${parsed}`);
  return parsed.check(who, { ...target, ...fields });
};

describe("expressions that hold", () => {
  test.each([
    "@",
    " ( @ ) ",
    "not !",
    "not not @",
    "role:member",
    "role:MEMBER",
    "service_role:service",
    "role:nothing or role:reader",
    "! or ! or @",
    "@ or ! and !",
    "not ! and @",
    "(! or @) and not (! or !)",
    "rule:yes and not rule:no",
    "owner and private and visible",
    "property:os_type=linux",
    "property:empty=",
    "((((@))))",
    "not(!)and(@)",
  ])("%s", (text) => {
    expect(isTrue(text)).toBe(true);
  });
});

describe("expressions that do not hold", () => {
  test.each([
    "!",
    "not @",
    "role:admin",
    "role:service",
    "service_role:member",
    "admin",
    "(@ or !) and !",
    "@ and @ and !",
    "not @ or !",
    "rule:no",
    "public or community or shared",
    "member_of_image",
    "share_target",
    "property:os_type=windows",
    "property:os_type=",
    "property:odd=null",
    "property:toString=x",
  ])("%s", (text) => {
    expect(isTrue(text)).toBe(false);
  });
});

test.each<[string, Partial<Target>, boolean]>([
  ["owner", { owner: "other" }, false],
  ["owner", { owner: null }, false],
  ["visible", { owner: "other" }, false],
  ["visible", { owner: "other", visibility: "community" }, true],
  ["visible", { owner: "other", visibility: "shared", isMember: true }, true],
  ["member_of_image", { owner: "other", visibility: "shared", isMember: true }, true],
  ["member_of_image", { owner: "other", visibility: "private", isMember: true }, false],
  ["member_of_image", { owner: null, visibility: "shared", isMember: true }, false],
  ["share_target", { member: "mine" }, true],
  ["share_target", { member: "other" }, false],
  ["public", { visibility: "public" }, true],
  ["shared", { visibility: "shared" }, true],
])("%s on an image that is %j is %s", (text, fields, expected) => {
  expect(isTrue(text, fields)).toBe(expected);
});

test("an unscoped caller owns no ownerless image, and an administrator is one by the role alone", () => {
  const unscoped = { ...caller, projectId: null, roles: ["admin"] };
  expect(isTrue("owner", { owner: null }, unscoped)).toBe(false);
  expect(isTrue("admin", {}, unscoped)).toBe(true);
});

test("without an image no check of it holds", () => {
  for (const text of ["owner", "visible", "member_of_image", "share_target", "public", "property:a=b"]) {
    const parsed = parseExpression(text, () => () => false);
    expect(typeof parsed !== "string" && parsed.check(caller, undefined), text).toBe(false);
  }
});

test("an expression tells which rules it refers to", () => {
  const parsed = parseExpression("rule:a or (rule:b and not rule:a)", () => () => false);
  expect(parsed).toMatchObject({ rules: ["a", "b"] });
});

test.each([
  ["", "ends where a check is expected"],
  ["   ", "ends where a check is expected"],
  ["role:admin or", "ends where a check is expected"],
  ["not", "ends where a check is expected"],
  ["and @", 'has "and" at 1 where a check is expected'],
  ["@ @", 'has "@" at 3 where "and", "or" or its end is expected'],
  ["(@ or !", 'has no ")" for the "(" at 1'],
  ["@)", 'has ")" at 2 where "and", "or" or its end is expected'],
  ["()", 'has ")" at 2 where a check is expected'],
  ["role:admin and ownr", 'has "ownr" at 16 where a check is expected'],
  ["role:", 'has "role:" at 1 where a check is expected'],
  ["rule:", 'has "rule:" at 1 where a check is expected'],
  ["role", 'has "role" at 1 where a check is expected'],
  ["owner:me", 'has "owner:me" at 1 where a check is expected'],
  ["property:os_type", 'has "property:os_type" at 1 where a check is expected'],
  ["property:=x", 'has "property:=x" at 1 where a check is expected'],
  ["constructor", 'has "constructor" at 1 where a check is expected'],
  ["toString:a", 'has "toString:a" at 1 where a check is expected'],
  ["OWNER", 'has "OWNER" at 1 where a check is expected'],
  ["@ AND @", 'has "AND" at 3 where "and", "or" or its end is expected'],
  ["project_id:%(owner)s", "has something at 1 where a check is expected"],
  ["$ecret%", "has something at 1 where a check is expected"],
  ["@ or ".repeat(500), "is longer than 2000 characters"],
])("%j is a mistake: %s", (text, mistake) => {
  expect(parseExpression(text, () => () => true)).toBe(mistake);
});

test("parentheses may nest as deep as an expression is long", () => {
  expect(isTrue(`${"(".repeat(999)}@${")".repeat(999)}`)).toBe(true);
});
