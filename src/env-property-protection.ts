import { z } from "zod";
import { RULE_NAMES, type Rule } from "./domain/policy.ts";
import type { PropertyProtection, PropertyRight } from "./domain/property-protection.ts";

/** A list of names, or one of these alone. */
const EVERYBODY = "@";
const NOBODY = "!";

const right = z
  .array(z.string().min(1))
  .refine(
    (names) => names.length < 2 || !names.some((name) => name === EVERYBODY || name === NOBODY),
    `mixes "${EVERYBODY}" or "${NOBODY}" with others`,
  );

const isPattern = (text: string): boolean => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
};

const entry = z.strictObject({
  name: z.string().min(1).refine(isPattern, "is not a regular expression"),
  create: right,
  read: right,
  update: right,
  delete: right,
});

/**
 * Who may access which additional properties (spec/rbac.md section 6). The first entry whose `name` matches the
 * property's decides. `mode` says what the lists contain: roles, or one rule of the policy. An empty list allows
 * nobody.
 */
export const propertyProtection = z
  .strictObject({ mode: z.enum(["roles", "policies"]).default("roles"), rules: z.array(entry).min(1) })
  .superRefine(({ mode, rules }, context) => {
    if (mode !== "policies") return;
    for (const [at, { name: _, ...rights }] of rules.entries())
      for (const [operation, names] of Object.entries(rights)) {
        const message = policyProblem(names);
        if (message) context.addIssue({ code: "custom", path: ["rules", at, operation], message });
      }
  });

function policyProblem(names: readonly string[]): string | undefined {
  if (names.length > 1) return "names more than one rule of the policy";
  const [name] = names;
  const isKnown = name === undefined || [EVERYBODY, NOBODY, ...RULE_NAMES].includes(name);
  return isKnown ? undefined : "names a rule that the policy does not have";
}

/** The protection in the form in which it is checked. Roles are in lower case, as callers have them. */
export const protectionOf = (given: z.output<typeof propertyProtection> | undefined): PropertyProtection =>
  given?.rules.map(({ name, ...rights }) => {
    const rightOf = (names: readonly string[]): PropertyRight => {
      if (names.includes(EVERYBODY)) return "everybody";
      if (names.length === 0 || names.includes(NOBODY)) return "nobody";
      if (given.mode === "policies") return { rule: names[0] as Rule };
      return { roles: names.map((role) => role.toLowerCase()) };
    };
    return {
      pattern: new RegExp(name),
      rights: {
        create: rightOf(rights.create),
        read: rightOf(rights.read),
        update: rightOf(rights.update),
        delete: rightOf(rights.delete),
      },
    };
  });
