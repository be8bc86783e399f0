/** A strong entity tag, with its quotes. */
export type EntityTag = `"${string}"`;

/** Whether an `If-None-Match` names it, as itself or as a weak one, which is what a proxy that compresses makes of it. */
export const listsTag = (header: string, etag: string): boolean =>
  header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);

/** A tag of what it hashes to. */
export async function tagOf(content: ArrayBuffer): Promise<EntityTag> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return `"${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
}
