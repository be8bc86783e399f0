import { z } from "zod";
import { type Policy, policyWith } from "./domain/policy.ts";

/** Rules that replace the defaults, each an expression (`domain/policy-expression.ts`). */
export const policyOverrides = z.record(z.string(), z.string()).superRefine((overrides, context) => {
  const result = policyWith(overrides);
  if (result.ok) return;
  for (const { rule, message } of result.problems)
    context.addIssue({ code: "custom", path: [rule], message });
});

/** The policy, if the operator has changed the default. */
export function policyOf(overrides: z.output<typeof policyOverrides> | undefined): Policy | undefined {
  const result = policyWith(overrides ?? {});
  return overrides !== undefined && result.ok ? result.policy : undefined;
}
