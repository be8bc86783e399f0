import { type Caller, isAdmin } from "./caller.ts";
import { ServiceError } from "./errors.ts";
import { type Check, type Target, visible } from "./policy-checks.ts";
import { parseExpression } from "./policy-expression.ts";

export type { Target } from "./policy-checks.ts";

const EVERYONE = "@";
const ADMIN = "admin";
const ADMIN_OR_OWNING_MEMBER = "admin or (role:member and owner)";
const ADMIN_OR_OWNING_READER = "admin or (role:reader and owner)";
const ADMIN_OR_MEMBER_WHO_SEES = "admin or (role:member and visible)";
const ADMIN_READER_OR_SHARE_TARGET = "admin or (role:reader and (owner or share_target))";
const SERVICE_API = "admin or role:service or service_role:service";

/**
 * Glance's secure defaults (spec/rbac.md section 2), without the rules of the metadata definitions, in the language in
 * which an operator overrides them (`policy-expression.ts`).
 */
const DEFAULTS = {
  add_image: ADMIN_OR_OWNING_MEMBER,
  get_images: "admin or role:reader",
  get_image: "admin or (role:reader and visible)",
  modify_image: ADMIN_OR_OWNING_MEMBER,
  delete_image: ADMIN_OR_OWNING_MEMBER,
  publicize_image: ADMIN,
  communitize_image: ADMIN_OR_OWNING_MEMBER,
  upload_image: ADMIN_OR_OWNING_MEMBER,
  download_image: ADMIN_OR_MEMBER_WHO_SEES,
  download_from_store: ADMIN_OR_MEMBER_WHO_SEES,
  deactivate: ADMIN_OR_OWNING_MEMBER,
  reactivate: ADMIN_OR_OWNING_MEMBER,
  copy_image: ADMIN,
  get_image_location: ADMIN_OR_OWNING_READER,
  set_image_location: ADMIN_OR_OWNING_MEMBER,
  delete_image_location: ADMIN,
  add_image_location: `${SERVICE_API} or (role:member and owner)`,
  fetch_image_location: SERVICE_API,
  add_member: ADMIN_OR_OWNING_MEMBER,
  delete_member: ADMIN_OR_OWNING_MEMBER,
  get_member: ADMIN_READER_OR_SHARE_TARGET,
  get_members: ADMIN_READER_OR_SHARE_TARGET,
  modify_member: "admin or (role:member and share_target)",
  tasks_api_access: ADMIN,
  get_task: EVERYONE,
  get_tasks: EVERYONE,
  add_task: EVERYONE,
  modify_task: EVERYONE,
  cache_list: ADMIN,
  cache_image: ADMIN,
  cache_delete: ADMIN,
  cache_clean: ADMIN,
  cache_prune: ADMIN,
  list_cached_nodes: ADMIN,
  stores_info_detail: SERVICE_API,
  /** Glance has no such rule. */
  check_store: ADMIN,
} as const satisfies Record<string, string>;

export type Rule = keyof typeof DEFAULTS;

export const RULE_NAMES = Object.keys(DEFAULTS) as readonly Rule[];

/** Every rule as a check. */
export type Policy = Readonly<Record<Rule, Check>>;

export type PolicyResult =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly { readonly rule: string; readonly message: string }[] };

/** The defaults, with these rules in place of theirs; or every mistake in them, each with its rule. */
export function policyWith(overrides: Readonly<Record<string, string>>): PolicyResult {
  const policy = {} as Record<string, Check>;
  const references = new Map<string, readonly string[]>();
  const problems: { rule: string; message: string }[] = [];
  const problem = (rule: string, message: string) => problems.push({ rule, message });
  for (const [rule, text] of Object.entries({ ...DEFAULTS, ...overrides })) {
    if (!Object.hasOwn(DEFAULTS, rule)) problem(rule, "is no rule of the policy");
    const parsed = parseExpression(text, (name) => policy[name] as Check);
    if (typeof parsed === "string") problem(rule, parsed);
    else {
      policy[rule] = parsed.check;
      references.set(rule, parsed.rules);
    }
  }
  for (const [rule, names] of references) {
    for (const name of names)
      if (!Object.hasOwn(DEFAULTS, name)) problem(rule, `refers to ${name}, which is no rule`);
    const cycle = cycleOf(rule, references);
    if (cycle) problem(rule, `refers to itself: ${cycle.join(", ")}`);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, policy: policy as Policy };
}

/** The shortest path from the rule back to itself. */
function cycleOf(rule: string, references: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const reached = [rule];
  for (const at of reached)
    for (const name of references.get(at) ?? []) {
      if (name === rule) return wayTo(at, cameFrom).concat(name);
      if (cameFrom.has(name)) continue;
      cameFrom.set(name, at);
      reached.push(name);
    }
  return undefined;
}

function wayTo(rule: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const before = cameFrom.get(rule);
  return before === undefined ? [rule] : [...wayTo(before, cameFrom), rule];
}

function defaultPolicy(): Policy {
  const result = policyWith({});
  if (!result.ok) throw new Error(`the default policy: ${JSON.stringify(result.problems)}`);
  return result.policy;
}

const DEFAULT_POLICY = defaultPolicy();

/** Whether the rule, taken alone, lets the caller act on the target. */
export const allows = (rule: Rule, caller: Caller, target?: Target): boolean =>
  (caller.policy ?? DEFAULT_POLICY)[rule](caller, target);

/**
 * Returns if the caller may act, and throws otherwise. An image that the caller may not even see does not exist for it:
 * `notFound`. Any other refusal is `forbidden` (spec/rbac.md section 3). No rule can make a hidden image visible.
 * Creating, listing, tasks and cache have no image: `forbidden`.
 */
export function authorize(rule: Rule, caller: Caller, target?: Target): void {
  const hidden = target !== undefined && target.id !== null && !isAdmin(caller);
  if (hidden && !visible(caller, target)) throw noSuchImage(target.id);
  if (allows(rule, caller, target)) return;
  if (hidden && !allows("get_image", caller, target)) throw noSuchImage(target.id);
  throw new ServiceError("forbidden", `You are not authorized to complete ${rule} action.`);
}

/** The same answer for an image that is absent, deleted or hidden from the caller. */
export const noSuchImage = (id: string | null): ServiceError =>
  new ServiceError("notFound", `No image found with ID ${id}`);
