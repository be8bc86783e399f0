import type { Reserving } from "../db/reservations.ts";
import type { Standing } from "../db/transitions.ts";
import type { Location, Stored } from "../stores/contract.ts";

/** What an upload asks for as it begins. */
export interface BeginUpload {
  readonly store: string;
  readonly seen: Standing;
  readonly announcedSize?: number;
  readonly reserve?: Reserving;
  readonly relay?: ByRelay;
  /** Of the signed request by which this is asked. */
  readonly nonce?: Nonce;
}

/** Good for one change of an image until it expires (milliseconds). */
export interface Nonce {
  readonly nonce: string;
  readonly expires: number;
}

/** A permission to write an image's bytes under `key`, good until it is silent for `leaseSeconds`. */
export interface Lease {
  readonly ok: true;
  readonly lease: string;
  readonly key: string;
  readonly location: Location;
  /** How many bytes may be written for now, where the owner has a quota of them; `extend` asks for more. */
  readonly grantedBytes?: number;
}

/** Who opens a transfer that a relay is to hold, and whether its bytes come in parts. */
export interface ByRelay extends RelayLife {
  readonly inParts: boolean;
  /** A key of its own store under which it found nothing as it asked. */
  readonly unusedKey?: string;
}

/** One life of a relay, from its start (milliseconds since the epoch) to its end. */
export interface RelayLife {
  readonly id: string;
  readonly bootId: string;
  readonly bootedAt: number;
}

export type Done = { readonly ok: true };

/** Where the parts of an upload go. */
export interface PartTarget {
  readonly ok: true;
  readonly key: string;
  readonly store: string;
  readonly multipart: string;
}

/** What the writer of a transfer's bytes reports: what it wrote, and into which store. */
export interface Written extends Stored {
  readonly store: string;
}
