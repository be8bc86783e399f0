import { type Mutation, mutate } from "../mutation.ts";

export const patches: readonly Mutation[] = [
  mutate(
    "src/domain/image-attributes.ts",
    '  "checksum",\n',
    "",
    "images §5.4: 403 for replace of the read-only checksum",
    "images §2: 403 for the read-only checksum",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    'name.startsWith("os_glance")',
    'name.startsWith("os_glance_")',
    "images §1.4: os_glancex is reserved",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    "\\\\u0001-\\\\ud7ff\\\\ue000-",
    "\\\\u0001-",
    "images §2: 400 for a character above U+FFFF in a property",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    "[...new Set(list)]",
    "list",
    "images §2: 201 for tags that repeat, which count once",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    "quota >= 0 && count > quota",
    "quota >= 0 && count >= quota",
    "images §2: 201 for 128 properties",
    "images §2: 201 for 128 tags",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    "quota >= 0 && count",
    "count",
    "rbac §7: -1 turns the property quota off",
  ),
  mutate(
    "src/domain/image-attributes.ts",
    ".max(2 ** 31 - 1)",
    ".max(2 ** 31)",
    "images §2: 400 for a min_ram over 2³¹−1",
  ),
  mutate(
    "src/domain/patch.ts",
    'if (name === "id") throw',
    'if (name === "ID") throw',
    "images §5.4: 403 for replace of the read-only id",
  ),
  mutate(
    "src/domain/patch.ts",
    "if (tokens.length !== depth)",
    "if (tokens.length < depth)",
    "images §5.3: 400 for two tokens",
  ),
  mutate("src/domain/patch.ts", "/~(?![01])/", "/~(?![012])/", "images §5.3: 400 for an unknown escape"),
  mutate(
    "src/domain/patch.ts",
    'const VERBS = ["add", "replace", "remove"] as const',
    'const VERBS = ["add", "replace", "remove", "test"] as const',
    "images §5.1: 400 for the operation test",
  ),
  mutate(
    "src/domain/image-change.ts",
    'version === "2.0" && exists',
    'version === "2.1" && exists',
    "images §5.1: 409 for v2.0: add on a property that exists",
    "images §5.1: 200 for v2.1: add on a property that exists",
  ),
  mutate(
    "src/domain/image-change.ts",
    'if (verb === "remove" && isBase)',
    'if (verb === "remove" && name === "name")',
    "images §5.4: 403 for remove of tags",
  ),
  mutate(
    "src/domain/image-change.ts",
    'if (verb !== "add" && !exists)',
    'if (verb === "replace" && !exists)',
    "images §5.2: 409 for the removal of a property that is not there",
  ),
  mutate(
    "src/domain/image-change.ts",
    'name === "owner" && !isAdmin(caller)',
    'name === "owner" && isAdmin(caller)',
    "images §5.6: 403 for another owner by a member",
    "images §5.6: 200 for another owner by an administrator",
  ),
  mutate(
    "src/domain/image-change.ts",
    "if (setProperties.some(([name]) => !stored.has(name)))",
    "if (properties.size > 0)",
    "images §5.2: 200 for an image over its limit that shrinks and stays over it",
  ),
];
