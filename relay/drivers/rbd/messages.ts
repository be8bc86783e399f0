import type { Slot } from "./shared-memory.ts";

/** What the relay asks of the process that talks to Ceph (child.ts), and what that says. */

export interface ClusterSettings {
  /** Ceph's own configuration file: it names monitors and the keyring. */
  readonly conf: string;
  /** Whom Ceph knows it as, without `client.`. */
  readonly user: string;
  readonly pool: string;
  /** How long one operation may take before Ceph's libraries give it up. */
  readonly timeoutSeconds: number;
}

/** An image that the child has open, by a number of its own. */
export type ImageNumber = number;

export type Order =
  /** Resolves `{ fsid }`. */
  | ({ readonly do: "connect" } & ClusterSettings)
  /** Makes an image and opens it: `{ image }`. */
  | { readonly do: "create"; readonly name: string; readonly size: number }
  | { readonly do: "resize"; readonly image: ImageNumber; readonly size: number }
  /** Of the bytes in memory. */
  | { readonly do: "write"; readonly image: ImageNumber; readonly at: number }
  | { readonly do: "flush"; readonly image: ImageNumber }
  | { readonly do: "snapshot"; readonly image: ImageNumber; readonly snapshot: string }
  | { readonly do: "protect"; readonly image: ImageNumber; readonly snapshot: string }
  /** Opens an image for reading, at a snapshot where one is named: `{ image, size }`. */
  | { readonly do: "open"; readonly name: string; readonly snapshot?: string }
  /** Into memory, as much as it holds: `{ length }` that was read. */
  | { readonly do: "read"; readonly image: ImageNumber; readonly at: number }
  | { readonly do: "close"; readonly image: ImageNumber }
  /** `{ size }`. */
  | { readonly do: "stat"; readonly name: string; readonly snapshot?: string }
  /** Images of the pool: `{ names }`. */
  | { readonly do: "list" }
  /** What keeps an image from being removed: `{ names }` of clones that need its snapshot, and whoever writes it. */
  | { readonly do: "dependents"; readonly name: string; readonly snapshot?: string }
  /** `{ objects }`: of how many the image may consist. */
  | { readonly do: "removeSnapshot"; readonly name: string; readonly snapshot: string }
  | { readonly do: "removeImage"; readonly name: string; readonly objects?: number }
  /** For the doctor: `{ librbd, applications, kilobytes, kilobytesFree }`. */
  | { readonly do: "examine" };

export type OrderName = Order["do"];

export interface Answers {
  readonly connect: { readonly fsid: string };
  readonly create: { readonly image: ImageNumber };
  readonly resize: object;
  readonly write: object;
  readonly flush: object;
  readonly snapshot: object;
  readonly protect: object;
  readonly open: { readonly image: ImageNumber; readonly size: number };
  readonly read: { readonly length: number };
  readonly close: object;
  readonly stat: { readonly size: number };
  readonly list: { readonly names: readonly string[] };
  readonly dependents: { readonly names: readonly string[] };
  readonly removeSnapshot: { readonly objects: number };
  readonly removeImage: object;
  readonly examine: {
    readonly librbd: string;
    readonly applications: readonly string[];
    readonly kilobytes: number;
    readonly kilobytesFree: number;
  };
}

/** A message to the child. */
export interface Asked {
  readonly ticket: number;
  readonly order: Order;
  /** What the bytes of the order have of the memory that both share. */
  readonly memory?: { readonly slot: Slot; readonly length: number };
}

/** A message from the child; the first one of all says whether Ceph's libraries are there. */
export type Told =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly why: string }
  | { readonly ticket: number; readonly answer: object }
  | {
      readonly ticket: number;
      readonly call: string;
      readonly errno: number;
      readonly inTheWay: readonly string[];
    };
