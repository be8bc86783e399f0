import { describe, expect, test } from "vitest";
import type { Caller } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import { allows, authorize, policyWith, RULE_NAMES, type Rule, type Target } from "./policy.ts";

const caller = (...roles: string[]): Caller => ({
  userId: "user",
  projectId: "mine",
  domainId: "default",
  roles,
  serviceRoles: [],
  expiresAt: 0,
});

const PERSONAS = {
  admin: caller("admin", "member", "reader"),
  member: caller("member", "reader"),
  reader: caller("reader"),
  service: caller("service"),
  nobody: caller(),
} as const;
type Persona = keyof typeof PERSONAS;

const image = (fields: Partial<Target>): Target => ({
  id: "7f3c",
  owner: "other",
  visibility: "private",
  isMember: false,
  ...fields,
});

const TARGETS = {
  own: image({ owner: "mine" }),
  public: image({ visibility: "public" }),
  community: image({ visibility: "community" }),
  "shared with me": image({ visibility: "shared", isMember: true, member: "mine" }),
  "shared with others": image({ visibility: "shared" }),
  "private, once shared": image({ isMember: true }),
  private: image({}),
  "ownerless shared": image({ owner: null, visibility: "shared" }),
  "ownerless private": image({ owner: null }),
} as const;

const verdict = (rule: Rule, who: Caller, target?: Target): number => {
  try {
    authorize(rule, who, target);
    return 200;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { forbidden: 403, notFound: 404 }[error.kind as string] ?? 500;
  }
};

/** admin, member, reader, service, nobody: one status for each. */
const PERSONA_ORDER: readonly Persona[] = ["admin", "member", "reader", "service", "nobody"];
const OWNER_WRITES = {
  own: "200 200 403 404 404",
  public: "200 403 403 404 404",
  community: "200 403 403 404 404",
  "shared with me": "200 403 403 404 404",
  "shared with others": "200 404 404 404 404",
  "private, once shared": "200 404 404 404 404",
  private: "200 404 404 404 404",
  "ownerless shared": "200 404 404 404 404",
  "ownerless private": "200 404 404 404 404",
};
const ADMIN_ONLY = { ...OWNER_WRITES, own: "200 403 403 404 404" };
const READS = {
  ...OWNER_WRITES,
  own: "200 200 200 404 404",
  public: "200 200 200 404 404",
  community: "200 200 200 404 404",
  "shared with me": "200 200 200 404 404",
};
const DOWNLOADS = {
  ...READS,
  own: "200 200 403 404 404",
  public: "200 200 403 404 404",
  community: "200 200 403 404 404",
  "shared with me": "200 200 403 404 404",
};
const OWNER_READS = { ...OWNER_WRITES, own: "200 200 200 404 404" };
const SEES_MEMBERS = { ...OWNER_READS, "shared with me": "200 200 200 404 404" };
const SERVICE_READS = {
  ...OWNER_WRITES,
  own: "200 403 403 200 404",
  public: "200 403 403 200 404",
  community: "200 403 403 200 404",
  "shared with me": "200 403 403 200 404",
};

const MATRIX: Partial<Record<Rule, Record<keyof typeof TARGETS, string>>> = {
  get_image: READS,
  modify_image: OWNER_WRITES,
  delete_image: OWNER_WRITES,
  upload_image: OWNER_WRITES,
  communitize_image: OWNER_WRITES,
  publicize_image: ADMIN_ONLY,
  download_image: DOWNLOADS,
  download_from_store: DOWNLOADS,
  deactivate: OWNER_WRITES,
  reactivate: OWNER_WRITES,
  copy_image: ADMIN_ONLY,
  get_image_location: OWNER_READS,
  set_image_location: OWNER_WRITES,
  delete_image_location: ADMIN_ONLY,
  add_image_location: { ...SERVICE_READS, own: "200 200 403 200 404" },
  fetch_image_location: SERVICE_READS,
  add_member: OWNER_WRITES,
  delete_member: OWNER_WRITES,
  get_member: SEES_MEMBERS,
  get_members: SEES_MEMBERS,
  modify_member: { ...ADMIN_ONLY, "shared with me": "200 200 403 404 404" },
};

const WITHOUT_TARGET: Partial<Record<Rule, string>> = {
  get_images: "200 200 200 403 403",
  tasks_api_access: "200 403 403 403 403",
  get_task: "200 200 200 200 200",
  get_tasks: "200 200 200 200 200",
  add_task: "200 200 200 200 200",
  modify_task: "200 200 200 200 200",
  cache_list: "200 403 403 403 403",
  cache_image: "200 403 403 403 403",
  cache_delete: "200 403 403 403 403",
  cache_clean: "200 403 403 403 403",
  cache_prune: "200 403 403 403 403",
  list_cached_nodes: "200 403 403 403 403",
  stores_info_detail: "200 403 403 200 403",
  check_store: "200 403 403 403 403",
};

const row = (rule: Rule, target?: Target) =>
  PERSONA_ORDER.map((name) => verdict(rule, PERSONAS[name], target)).join(" ");

describe.each(Object.entries(MATRIX))("%s", (rule, rows) => {
  test.each(Object.entries(rows))("on an image that is %s answers %s", (name, expected) => {
    expect(row(rule as Rule, TARGETS[name as keyof typeof TARGETS])).toBe(expected);
  });
});

test.each(Object.entries(WITHOUT_TARGET))("%s, which names no image, answers %s", (rule, expected) => {
  expect(row(rule as Rule)).toBe(expected);
});

test("creating is refused with 403, for the own project and for another", () => {
  const asked = (owner: string): Target => ({ id: null, owner, visibility: "public", isMember: false });
  expect(row("add_image", asked("mine"))).toBe("200 200 403 403 403");
  expect(row("add_image", asked("other"))).toBe("200 403 403 403 403");
  expect(row("publicize_image", asked("mine"))).toBe("200 403 403 403 403");
});

test("an unscoped caller owns no ownerless image", () => {
  const unscoped = { ...PERSONAS.member, projectId: null };
  expect(allows("modify_image", unscoped, image({ owner: null, visibility: "public" }))).toBe(false);
});

test("a service that comes with a member's token fetches locations of what the member sees", () => {
  const nova = { ...PERSONAS.member, serviceRoles: ["service"] };
  expect(verdict("fetch_image_location", nova, TARGETS.own)).toBe(200);
  expect(verdict("fetch_image_location", nova, TARGETS.private)).toBe(404);
});

test("every rule has its row in this matrix", () => {
  const covered = new Set([...Object.keys(MATRIX), ...Object.keys(WITHOUT_TARGET), "add_image"]);
  expect(RULE_NAMES.filter((rule) => !covered.has(rule))).toEqual([]);
});

const policyOf = (overrides: Readonly<Record<string, string>>) => {
  const result = policyWith(overrides);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
};

const rowWith = (overrides: Readonly<Record<string, string>>, rule: Rule, target?: Target) =>
  PERSONA_ORDER.map((name) => verdict(rule, { ...PERSONAS[name], policy: policyOf(overrides) }, target)).join(
    " ",
  );

describe("rules that the operator overrides", () => {
  test.each<[string, Rule, string, keyof typeof TARGETS, string]>([
    ["a reader may download", "download_image", "role:reader and visible", "own", "200 200 200 404 404"],
    ["a reader may download", "download_image", "role:reader and visible", "public", "200 200 200 404 404"],
    ["a reader may download, but sees no more", "download_image", "@", "private", "200 404 404 404 404"],
    [
      "members may make images public",
      "publicize_image",
      "role:member and owner",
      "own",
      "200 200 403 404 404",
    ],
    ["nobody deletes, administrators included", "delete_image", "!", "own", "403 403 403 404 404"],
    ["nobody but services downloads", "download_image", "role:service", "public", "403 403 403 200 404"],
    ["whoever may patch may delete", "delete_image", "rule:modify_image", "own", "200 200 403 404 404"],
    [
      "members of an image may change it",
      "modify_image",
      "member_of_image",
      "shared with me",
      "200 200 200 200 200",
    ],
  ])("%s (%s: %s, on an image that is %s): %s", (_what, rule, expression, target, expected) => {
    expect(rowWith({ [rule]: expression }, rule, TARGETS[target])).toBe(expected);
  });

  test("a rule that others refer to is the one that was put in its place", () => {
    const overrides = { modify_image: "admin", delete_image: "rule:modify_image" };
    expect(rowWith(overrides, "delete_image", TARGETS.own)).toBe("200 403 403 404 404");
    expect(rowWith(overrides, "upload_image", TARGETS.own)).toBe("200 200 403 404 404");
  });

  test("who may not get an image hears of none, by whatever rule", () => {
    expect(rowWith({ get_image: "admin" }, "get_image", TARGETS.own)).toBe("200 404 404 404 404");
    expect(rowWith({ get_image: "admin", get_images: "@" }, "get_images")).toBe("200 200 200 200 200");
    expect(rowWith({ get_image: "admin" }, "delete_image", TARGETS.own)).toBe("200 200 404 404 404");
  });

  test("creating is still a 403, not a 404", () => {
    const asked = { id: null, owner: "mine", visibility: "shared", isMember: false };
    expect(rowWith({ add_image: "role:service" }, "add_image", asked)).toBe("403 403 403 200 403");
  });

  test("every rule can be overridden", () => {
    const nobody = policyOf(Object.fromEntries(RULE_NAMES.map((rule) => [rule, "!"])));
    const everybody = policyOf(Object.fromEntries(RULE_NAMES.map((rule) => [rule, "@"])));
    for (const rule of RULE_NAMES) {
      expect(allows(rule, { ...PERSONAS.admin, policy: nobody }, TARGETS.own), rule).toBe(false);
      expect(allows(rule, { ...PERSONAS.nobody, policy: everybody }), rule).toBe(true);
    }
  });

  test("every mistake is told, each with the rule that has it", () => {
    const result = policyWith({
      get_imagee: "@",
      get_image: "role:reader and",
      modify_image: "ownr",
      delete_image: "rule:nothing",
      upload_image: "rule:download_image",
      download_image: "admin or rule:deactivate",
      deactivate: "not rule:upload_image",
      reactivate: "rule:reactivate",
      copy_image: "rule:upload_image",
    });
    expect(
      result.ok ? [] : result.problems.map(({ rule, message }) => `${rule} ${message}`).toSorted(),
    ).toEqual([
      "deactivate refers to itself: deactivate, upload_image, download_image, deactivate",
      "delete_image refers to nothing, which is no rule",
      "download_image refers to itself: download_image, deactivate, upload_image, download_image",
      "get_image ends where a check is expected",
      "get_imagee is no rule of the policy",
      'modify_image has "ownr" at 1 where a check is expected',
      "reactivate refers to itself: reactivate, reactivate",
      "upload_image refers to itself: upload_image, download_image, deactivate, upload_image",
    ]);
  });

  test("a rule that has a mistake and is referred to is told once", () => {
    const result = policyWith({ get_image: "(", get_images: "rule:get_image" });
    expect(result.ok ? [] : result.problems.map(({ rule }) => rule)).toEqual(["get_image"]);
  });
});
