/** The relay's origin door: how the edge names what it wants of a store that the relay keeps. */

export const HEALTHCHECK = "/healthcheck";

/** Everything that a request means stands in its method, path and query, because only those are signed. */
export type Door =
  /** `PUT` with `PUT_QUERY`; `GET`, with `start` and `end` for a range; `DELETE`. */
  | { readonly what: "blob"; readonly store: string; readonly key: string }
  /** `GET`: `{"size": n}`. */
  | { readonly what: "info"; readonly store: string; readonly key: string }
  /**
   * `GET`, with `hash`: `{"hashed": n}` while the relay reads the blob, then `{"size": n, "checksum": …, "value": …}`.
   * The first request starts it; the relay gives up when requests stop.
   */
  | { readonly what: "digest"; readonly store: string; readonly key: string }
  /** `GET`: `{"names": […]}` of what keeps the blob from being removed. */
  | { readonly what: "dependents"; readonly store: string; readonly key: string }
  /**
   * `GET`, with `prefix`: one line `{"key": k}` for each blob, then `{"end": true}`; without that last line the list is
   * incomplete.
   */
  | { readonly what: "list"; readonly store: string };

/**
 * The location of a blob that others created, when it is not the one that the relay gives to its key. In the query of
 * everything but `PUT`.
 */
export const LOCATION_QUERY = "location";

export const PUT_QUERY = {
  /** Where the edge expects the bytes to be; a relay whose store is elsewhere refuses. */
  location: "location",
  hashAlgo: "hash",
  size: "size",
  maxBytes: "max",
} as const;

export function pathOf(door: Door): string {
  const blobs = `/v1/stores/${encodeURIComponent(door.store)}/blobs`;
  if (door.what === "list") return blobs;
  const blob = `${blobs}/${encodeURIComponent(door.key)}`;
  return door.what === "blob" ? blob : `${blob}/${door.what}`;
}

const PATH = /^\/v1\/stores\/([^/]+)\/blobs(?:\/([^/]+)(?:\/(info|digest|dependents))?)?$/;

/** What a path names; `undefined` if it is none of ours, or has broken escapes. */
export function doorOf(path: string): Door | undefined {
  const match = PATH.exec(path);
  if (!match) return undefined;
  try {
    const store = decodeURIComponent(match[1] as string);
    if (match[2] === undefined) return { what: "list", store };
    const what = (match[3] ?? "blob") as "info" | "digest" | "dependents" | "blob";
    return { what, store, key: decodeURIComponent(match[2]) };
  } catch {
    return undefined;
  }
}
