import type { Mutation } from "./mutation.ts";
import { copies } from "./rules/copies.ts";
import { lists } from "./rules/lists.ts";
import { locations } from "./rules/locations.ts";
import { membersAndTags } from "./rules/members-tags.ts";
import { patches } from "./rules/patches.ts";
import { policy } from "./rules/policy.ts";
import { quotas } from "./rules/quotas.ts";
import { routes } from "./rules/routes.ts";
import { states } from "./rules/states.ts";

/** In the order in which somebody would look for them. */
export const MUTATIONS: readonly Mutation[] = [
  ...routes,
  ...policy,
  ...membersAndTags,
  ...states,
  ...patches,
  ...lists,
  ...locations,
  ...quotas,
  ...copies,
];
