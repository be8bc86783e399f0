import { z } from "zod";

/** The id of something that the operator names, such as a store. */
export const idOf = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, `is not a ${what} id: letters, digits, '_', '.', '-', at most 64`);

export const httpUrl = z.url({ protocol: /^https?$/ });

export const secret = z.string().min(32, "is shorter than 32 characters");

/**
 * A pool of a Ceph cluster. What the cluster calls itself stands in every location, and is checked by the relay before it
 * reads or writes anything (docs/decisions/0021-the-fsid-is-configured.md).
 */
export const rbdPool = {
  fsid: z.guid("is not the fsid of a cluster, as `ceph fsid` prints it").lowercase("is not in lower case"),
  pool: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not the name of a pool: letters, digits, '_', '.', '-'")
    .default("images"),
};

/** What the JSON in a text says: Cloudflare keeps every secret as text. Whatever is no JSON stays as it is. */
export function parsedOrAsIs(given: unknown): unknown {
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/**
 * What no variable can tell alone. It is asked whatever else is wrong, so that all mistakes are reported together: a
 * variable that is wrong by itself is then what was given, or nothing.
 */
export function together(name: string, message: string) {
  return { path: [name], message, when: () => true };
}

/** The list, or an empty one where something else was given, which is reported as that. */
export function listOf<T>(given: readonly T[] | undefined): readonly T[] {
  return Array.isArray(given) ? given : [];
}

export function eachOnce(things: readonly { readonly id: string }[]): boolean {
  return new Set(listOf(things).map((thing) => thing?.id)).size === listOf(things).length;
}
