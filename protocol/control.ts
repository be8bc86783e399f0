/**
 * What a relay asks of the edge. The edge decides about every upload and download at the relay's front door: it gets
 * the client's request and token, and answers with a permission, or with the exact answer for the client. Requests are
 * signed as in signing.ts; one that changes anything spends its nonce in the image's object.
 */

export const CONTROL = "/relay/v1";

/**
 * Marks an answer as meant for the client, to be passed on unchanged. Any other error answer is a problem between edge
 * and relay.
 */
export const FOR_CLIENT = "x-glimpse-for-client";

/** The address by which a client reached the front door, for links, and the relay's signature of it (site.ts). */
export const SITE = "x-glimpse-site";
export const SITE_PROOF = "x-glimpse-site-proof";

export type Control =
  /** `POST` with `Boot`: 204. Leases that this relay took in an earlier life end. */
  | { readonly what: "boots" }
  /** `POST` with `BeginUpload` and the client's token: 201 `UploadGrant`. */
  | { readonly what: "uploads"; readonly image: string }
  /** `GET` with the client's token, its headers for ranges and conditions, and its query: 200 `DownloadGrant`. */
  | { readonly what: "file"; readonly image: string }
  /** `POST` with `Extend`: 200 `Extended`; also renews the lease. */
  | { readonly what: "extend"; readonly image: string; readonly lease: string }
  /** `POST`: 204. `heartbeat` renews the lease; `complete` has a `Completion`, `abort` an `Abort`. */
  | { readonly what: "heartbeat" | "complete" | "abort"; readonly image: string; readonly lease: string }
  /** `PUT` with as many bytes as the query says: 204. Parts are counted from 1. */
  | { readonly what: "part"; readonly image: string; readonly lease: string; readonly number: number };

/** The number of bytes in a part. It stands in the query because the query is signed. */
export const PART_BYTES = "bytes";

export function controlPathOf(control: Control): string {
  if (control.what === "boots") return `${CONTROL}/boots`;
  const image = `${CONTROL}/images/${encodeURIComponent(control.image)}`;
  if (control.what === "uploads" || control.what === "file") return `${image}/${control.what}`;
  const transfer = `${image}/transfers/${encodeURIComponent(control.lease)}`;
  return control.what === "part" ? `${transfer}/parts/${control.number}` : `${transfer}/${control.what}`;
}

/**
 * One life of a relay. A later life has a later start, so that an old announcement that is heard again ends nothing.
 */
export interface Boot {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface BeginUpload {
  readonly boot: Boot;
  /** The client's headers that describe the upload: those of `UPLOAD_HEADERS` that it sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The relay observes `grantedBytes`. One that does not gets its limit as `maxBytes`. */
  readonly asksForMore?: boolean;
  /** A key, which is the image's id as the client gave it, and the relay's own stores that have nothing under it. */
  readonly unused?: { readonly key: string; readonly stores: readonly string[] };
}

export const UPLOAD_HEADERS = [
  "content-type",
  "content-length",
  "x-openstack-image-size",
  "x-image-meta-store",
] as const;

export type UploadGrant =
  /**
   * The image's store is neither this relay's nor one that takes parts: the relay forwards the client's request to the
   * edge unchanged.
   */
  | { readonly how: "forward" }
  | (Transferring & {
      /** The bytes go into the relay's own store. */
      readonly how: "store";
      readonly store: string;
      readonly key: string;
      readonly location: string;
    })
  | (Transferring & {
      /** The bytes go to the edge in parts, each of `partBytes` except the last, which may be smaller. */
      readonly how: "parts";
      readonly partBytes: number;
      readonly maxParts: number;
    });

/** What the relay needs for every granted upload. */
export interface Transferring {
  readonly lease: string;
  /** What the client announced; absent when it does not know. */
  readonly size?: number;
  readonly maxBytes: number;
  /** With a quota: how many bytes may be written for now. An upload of unknown size asks for more as it goes. */
  readonly grantedBytes?: number;
  readonly hashAlgo: string;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly stallSeconds: number;
}

export interface Extend {
  /** How many bytes the upload wants to have in all. */
  readonly bytes: number;
}

export interface Extended {
  /** How many bytes it may write; no more than before if the quota is used up. */
  readonly grantedBytes: number;
}

/** What the relay wrote, and its hashes. */
export interface Completion {
  /** Absent for an upload in parts: the edge knows where they are. */
  readonly location?: string;
  readonly size: number;
  readonly checksum: string;
  readonly hashAlgo: string;
  readonly hashValue: string;
}

export interface Abort {
  /** The key turned out to hold someone else's bytes, which must not be removed. */
  readonly keyTaken?: boolean;
}

export interface DownloadGrant {
  /** Size of the whole image. */
  readonly size: number;
  /** The first and last byte that the client is to get; absent for the whole image. */
  readonly range?: { readonly start: number; readonly end: number };
  /** The status and headers of the client's answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The hash of the bytes; absent where it is not known. */
  readonly hash?: { readonly algo: string; readonly value: string };
  /** Where this relay can read the bytes itself, the best place first. */
  readonly locations: readonly { readonly store: string; readonly url: string }[];
}
