/** Keystone's implied roles: who administers may also act as a member, and who acts may also read. */
const IMPLIES: Readonly<Record<string, string>> = { admin: "member", member: "reader" };

/** Roles in lower case, with those they imply; each once, in a stable order. */
export function expandRoles(names: readonly string[]): string[] {
  const expanded = new Set<string>();
  for (const name of names)
    for (let role: string | undefined = name.toLowerCase(); role; role = IMPLIES[role]) expanded.add(role);
  return [...expanded].sort();
}
