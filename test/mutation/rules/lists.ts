import { type Mutation, mutate } from "../mutation.ts";

export const lists: readonly Mutation[] = [
  mutate(
    "src/domain/list-query.ts",
    'memberStatus: ListQuery["memberStatus"] = "accepted"',
    'memberStatus: ListQuery["memberStatus"] = "all"',
    "images §4.5: a member sees public, own and accepted",
  ),
  mutate(
    "src/domain/list-query.ts",
    "RELATIONS.has(name)",
    'name === "properties"',
    "images §4.3: 400 for the internal members [DEV]",
  ),
  mutate(
    "src/domain/list-query.ts",
    "Math.min(limit, limits.listLimitMax)",
    "limit",
    "images §4.2: a limit over the greatest is cut without a word",
  ),
  mutate(
    "src/domain/list-query.ts",
    "if (limit < 0)",
    "if (limit < -1)",
    "images §4.2: 400 for a negative limit",
  ),
  mutate(
    "src/domain/list-query.ts",
    'direction = "desc", ...rest',
    'direction = "asc", ...rest',
    "images §4.2: a direction is desc where sort does not say",
  ),
  mutate(
    "src/domain/list-strings.ts",
    "if (colon < 0)",
    'if (colon < 0 || !["eq", "in"].includes(given.slice(0, colon)))',
    "images §4.4: 400 for a colon without an operator",
  ),
  mutate(
    "src/domain/list-times.ts",
    "Math.floor(time / 1_000_000)",
    "time",
    "images §4.4: eq: of a time, by whole seconds [DEV]",
  ),
  mutate(
    "src/domain/list-numbers.ts",
    'name.endsWith("_min") ? "gte"',
    'name.endsWith("_min") ? "gt"',
    "images §4.3: size_min is inclusive",
  ),
  mutate(
    "src/actions/list-images.ts",
    'if (!allows("get_image", caller, marker))',
    'if (marker.owner === "nobody")',
    "images §4.2: 403 for a marker that exists and is hidden from the caller",
  ),
];
