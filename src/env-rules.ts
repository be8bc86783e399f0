import { z } from "zod";

/** The id of something that the operator names, such as a store. */
export const idOf = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, `is not a ${what} id: letters, digits, '_', '.', '-', at most 64`);

export const httpUrl = z.url({ protocol: /^https?$/ });

export const secret = z.string().min(32, "is shorter than 32 characters");

/**
 * A pool of a Ceph cluster. The cluster's own id (fsid) stands in every location, and the relay checks it before it
 * reads or writes anything (docs/decisions/0021-the-fsid-is-configured.md).
 */
export const rbdPool = {
  fsid: z.guid("is not the fsid of a cluster, as `ceph fsid` prints it").lowercase("is not in lower case"),
  pool: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not the name of a pool: letters, digits, '_', '.', '-'")
    .default("images"),
};

/** The value of a text that is JSON, because Cloudflare stores every secret as text. Anything else stays as it is. */
export function parsedOrAsIs(given: unknown): unknown {
  if (typeof given !== "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

/**
 * Options for a rule across several variables. It is checked even if something else is wrong, so that all mistakes are
 * reported together: a variable that is wrong by itself then has the given value, or none.
 */
export function together(name: string, message: string) {
  return { path: [name], message, when: () => true };
}

/** The list, or an empty one if something else was given, which is reported as such. */
export function listOf<T>(given: readonly T[] | undefined): readonly T[] {
  return Array.isArray(given) ? given : [];
}

export function eachOnce(things: readonly { readonly id: string }[]): boolean {
  return new Set(listOf(things).map((thing) => thing?.id)).size === listOf(things).length;
}
