/** Keystone's implied roles: an admin is also a member, and a member is also a reader. */
const IMPLIES: Readonly<Record<string, string>> = { admin: "member", member: "reader" };

/** Roles in lower case, with those they imply; each once, in a stable order. */
export function expandRoles(names: readonly string[]): string[] {
  const expanded = new Set<string>();
  for (const name of names)
    for (let role: string | undefined = name.toLowerCase(); role; role = IMPLIES[role]) expanded.add(role);
  return [...expanded].sort();
}
