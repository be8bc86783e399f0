/** A strong entity tag, with its quotes. */
export type EntityTag = `"${string}"`;

/** Whether an `If-None-Match` lists the tag, as strong or weak; a proxy that compresses makes it weak. */
export const listsTag = (header: string, etag: string): boolean =>
  header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);

/** An entity tag from the content's hash. */
export async function tagOf(content: ArrayBuffer): Promise<EntityTag> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return `"${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
}
