import { type Extension, extendReservation } from "../db/reservations.ts";
import type { StandingRow, Transition } from "../db/transitions.ts";
import { type Refusal, refuse } from "../domain/errors.ts";
import type { Ledger } from "./ledger.ts";

/** How many bytes an upload may have written in all, for now. */
export interface Allowed {
  readonly ok: true;
  readonly grantedBytes: number;
}

export type Wanted = Pick<Extension, "bytes" | "mostBytes">;

/** What the running upload may write if its owner has a quota of bytes: as much as is reserved for it. */
export class Allowances {
  readonly #ledger: Ledger;
  readonly #db: D1Database;
  readonly #imageId: string;

  constructor(ledger: Ledger, db: D1Database, imageId: string) {
    this.#ledger = ledger;
    this.#db = db;
    this.#imageId = imageId;
  }

  /** Remembers what the transition has reserved. */
  begun({ reserve }: Transition, now: StandingRow | undefined): void {
    if (now && typeof reserve?.most.bytes === "number") this.#ledger.allow(now.reservedBytes, now.generation);
  }

  /** The part of a lease that says so; empty without a quota. */
  get granted(): { grantedBytes?: number } {
    const bytes = this.#ledger.allowance()?.bytes;
    return bytes === undefined ? {} : { grantedBytes: bytes };
  }

  /**
   * Reserves more of the owner's quota, or as much as before if nothing is left. Undefined if the upload has ended.
   */
  async extend(wanted: Wanted): Promise<Allowed | Refusal | undefined> {
    const generation = this.#ledger.allowance()?.generation;
    if (generation === undefined) return refuse("invalid", "This upload may write as much as it likes.");
    const bytes = await extendReservation(this.#db, { imageId: this.#imageId, generation, ...wanted });
    if (bytes === undefined) return undefined;
    this.#ledger.allow(bytes, generation);
    return { ok: true, grantedBytes: bytes };
  }

  /** A refusal for a writer that wrote more than it was allowed. */
  over(size: number): Refusal | undefined {
    const most = this.#ledger.allowance()?.bytes;
    if (most === undefined || size <= most) return undefined;
    return refuse("tooLarge", `The image data has ${size} bytes; ${most} were allowed.`);
  }
}
