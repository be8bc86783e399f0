/**
 * What a relay asks of the edge. The edge decides every upload and download of the relay's front door: it is told what
 * the client asks, by the client's own token, and answers with a permission, or with the very answer that the client is
 * to have. Requests are signed as in signing.ts; one that changes anything spends its nonce in the image's object.
 */

export const CONTROL = "/relay/v1";

/** Marks an answer as the client's: to be passed on as it is. Any other that is no success is trouble between the two. */
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
  /** `POST` with `Extend`: 200 `Extended`; the transfer lives on. */
  | { readonly what: "extend"; readonly image: string; readonly lease: string }
  /** `POST`: 204; the transfer lives on. Of `complete` with `Completion`; of `abort` with `Abort`. */
  | { readonly what: "heartbeat" | "complete" | "abort"; readonly image: string; readonly lease: string }
  /** `PUT` with so many bytes as the query says: 204. Parts are counted from 1. */
  | { readonly what: "part"; readonly image: string; readonly lease: string; readonly number: number };

/** The bytes of a part, in the query because that is signed. */
export const PART_BYTES = "bytes";

export function controlPathOf(control: Control): string {
  if (control.what === "boots") return `${CONTROL}/boots`;
  const image = `${CONTROL}/images/${encodeURIComponent(control.image)}`;
  if (control.what === "uploads" || control.what === "file") return `${image}/${control.what}`;
  const transfer = `${image}/transfers/${encodeURIComponent(control.lease)}`;
  return control.what === "part" ? `${transfer}/parts/${control.number}` : `${transfer}/${control.what}`;
}

/** One life of a relay. A later one has a later start, so that an old announcement heard again ends nothing. */
export interface Boot {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface BeginUpload {
  readonly boot: Boot;
  /** The client's headers that say what it uploads and where to: those of `UPLOAD_HEADERS` that it sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Heeds `grantedBytes`. Who does not is given what it may write as `maxBytes`. */
  readonly asksForMore?: boolean;
  /** A key, which is the image's id as the client gave it, and those of the relay's own stores that have nothing under it. */
  readonly unused?: { readonly key: string; readonly stores: readonly string[] };
}

export const UPLOAD_HEADERS = [
  "content-type",
  "content-length",
  "x-openstack-image-size",
  "x-image-meta-store",
] as const;

export type UploadGrant =
  /** The image's store is neither this relay's nor one that takes parts: the client's request goes to the edge as it is. */
  | { readonly how: "forward" }
  | (Transferring & {
      /** The bytes go into the relay's own store. */
      readonly how: "store";
      readonly store: string;
      readonly key: string;
      readonly location: string;
    })
  | (Transferring & {
      /** The bytes go to the edge in parts: all of `partBytes`, but the last one, which may be smaller. */
      readonly how: "parts";
      readonly partBytes: number;
      readonly maxParts: number;
    });

/** What every granted upload needs to know. */
export interface Transferring {
  readonly lease: string;
  /** What the client announced; absent when it does not know. */
  readonly size?: number;
  readonly maxBytes: number;
  /** Where there is a quota: how many bytes may be written for now. Of unknown size, more is asked for on the way. */
  readonly grantedBytes?: number;
  readonly hashAlgo: string;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly stallSeconds: number;
}

export interface Extend {
  /** How many bytes the upload would have in all. */
  readonly bytes: number;
}

export interface Extended {
  /** How many it has; no more than before where the quota is used up. */
  readonly grantedBytes: number;
}

/** What the relay wrote, and what it hashes to. */
export interface Completion {
  /** Absent for parts, whose place the edge knows. */
  readonly location?: string;
  readonly size: number;
  readonly checksum: string;
  readonly hashAlgo: string;
  readonly hashValue: string;
}

export interface Abort {
  /** The key turned out to hold bytes of somebody else, which are not to be removed. */
  readonly keyTaken?: boolean;
}

export interface DownloadGrant {
  /** Bytes of the whole image. */
  readonly size: number;
  /** The bytes the client is to have, both included; absent for the whole image. */
  readonly range?: { readonly start: number; readonly end: number };
  /** The status and headers of the client's answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What the bytes hash to; absent where nobody knows. */
  readonly hash?: { readonly algo: string; readonly value: string };
  /** Where this relay can read them itself, the best place first. */
  readonly locations: readonly { readonly store: string; readonly url: string }[];
}
