import type { Slot } from "./shared-memory.ts";

/** The messages between the relay and the process that talks to Ceph (child.ts). */

export interface ClusterSettings {
  /** Ceph's own configuration file, which names monitors and the keyring. */
  readonly conf: string;
  /** The name of Ceph's user, without `client.`. */
  readonly user: string;
  readonly pool: string;
  /** The limit that Ceph's libraries put on one operation. */
  readonly timeoutSeconds: number;
}

/** The child's number for an image that it has open. */
export type ImageNumber = number;

export type Order =
  /** Resolves `{ fsid }`. */
  | ({ readonly do: "connect" } & ClusterSettings)
  /** Makes an image and opens it: `{ image }`. */
  | { readonly do: "create"; readonly name: string; readonly size: number }
  | { readonly do: "resize"; readonly image: ImageNumber; readonly size: number }
  /** Writes the bytes in the shared memory. */
  | { readonly do: "write"; readonly image: ImageNumber; readonly at: number }
  | { readonly do: "flush"; readonly image: ImageNumber }
  | { readonly do: "snapshot"; readonly image: ImageNumber; readonly snapshot: string }
  | { readonly do: "protect"; readonly image: ImageNumber; readonly snapshot: string }
  /** Opens an image for reading, at a snapshot if one is named: `{ image, size }`. */
  | { readonly do: "open"; readonly name: string; readonly snapshot?: string }
  /** Reads into the shared memory, as much as fits: `{ length }` that was read. */
  | { readonly do: "read"; readonly image: ImageNumber; readonly at: number }
  | { readonly do: "close"; readonly image: ImageNumber }
  /** `{ size }`. */
  | { readonly do: "stat"; readonly name: string; readonly snapshot?: string }
  /** Images of the pool: `{ names }`. */
  | { readonly do: "list" }
  /**
   * What prevents the removal of an image: `{ names }` of clones that need its snapshot, and of clients that write it.
   */
  | { readonly do: "dependents"; readonly name: string; readonly snapshot?: string }
  /** `{ objects }`: the most objects that the image may consist of. */
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
export interface OrderMessage {
  readonly ticket: number;
  readonly order: Order;
  /** The part of the shared memory that holds the order's bytes. */
  readonly memory?: { readonly slot: Slot; readonly length: number };
}

/** A message from the child. The first one says whether Ceph's libraries are installed. */
export type AnswerMessage =
  | { readonly loaded: true }
  | { readonly loaded: false; readonly why: string }
  | { readonly ticket: number; readonly answer: object }
  | {
      readonly ticket: number;
      readonly call: string;
      readonly errno: number;
      readonly inTheWay: readonly string[];
    };
