import type { Reserving } from "../db/reservations.ts";
import type { Standing } from "../db/transitions.ts";
import type { Location, Stored } from "../stores/contract.ts";

/** The request that begins an upload. */
export interface BeginUpload {
  readonly store: string;
  readonly seen: Standing;
  readonly announcedSize?: number;
  readonly reserve?: Reserving;
  readonly relay?: ByRelay;
  /** The nonce of the signed request that asks for this. */
  readonly nonce?: Nonce;
}

/** Valid for one change of an image until it expires (milliseconds). */
export interface Nonce {
  readonly nonce: string;
  readonly expires: number;
}

/**
 * A permission to write an image's bytes under `key`. It is valid until there has been no sign of life for
 * `leaseSeconds`.
 */
export interface Lease {
  readonly ok: true;
  readonly lease: string;
  readonly key: string;
  readonly location: Location;
  /** How many bytes may be written for now, if the owner has a quota of bytes; `extend` asks for more. */
  readonly grantedBytes?: number;
}

/** The relay that opens and will hold a transfer, and whether its bytes come in parts. */
export interface ByRelay extends RelayLife {
  readonly inParts: boolean;
  /** A key in the relay's own store under which it found nothing when it asked. */
  readonly unusedKey?: string;
}

/** One life of a relay, from its start (milliseconds since the epoch) to its end. */
export interface RelayLife {
  readonly id: string;
  readonly bootId: string;
  readonly bootedAt: number;
}

export type Done = { readonly ok: true };

/** The target of an upload's parts. */
export interface PartTarget {
  readonly ok: true;
  readonly key: string;
  readonly store: string;
  readonly multipart: string;
}

/** What the writer reports: what it wrote, and into which store. */
export interface Written extends Stored {
  readonly store: string;
}
