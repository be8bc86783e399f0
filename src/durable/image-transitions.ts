import { locationsToRemove } from "../db/image-locations.ts";
import {
  commitTransition,
  hasMoved,
  imageStanding,
  type Standing,
  type Transition,
  type TransitionFields,
  type Verdict,
  withdrawTransition,
} from "../db/transitions.ts";
import { type Refusal, refuse } from "../domain/errors.ts";
import { type ImageEvent, next } from "../domain/status.ts";
import { type ImageReader, isWritable } from "../stores/contract.ts";
import type { Allowances } from "./allowances.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Ledger, Transfer } from "./ledger.ts";
import type { TransferParts } from "./part-uploads.ts";
import { changedMeanwhile, refusedIn, unmet } from "./refusals.ts";

export interface ImageTransitionsOptions {
  readonly imageId: string;
  readonly db: D1Database;
  readonly stores: ReadonlyMap<string, ImageReader>;
  readonly ledger: Ledger;
  readonly parts: TransferParts;
  readonly allowances: Allowances;
  /** Called when a transition has ended, in the transaction that clears its intent. */
  readonly concluded: (transition: Transition, moved: boolean) => void;
  /** Sets the alarm for the work that the ledger now holds. */
  readonly arm: () => Promise<void>;
  readonly checkpoint: (point: Checkpoint, event?: ImageEvent) => Promise<void>;
}

/** How often a transition is decided again when the row has changed since it was read. */
const DECISIONS = 4;

/**
 * The status changes of one image. Each is recorded in the ledger, committed to D1 under a guard, and concluded: its
 * consequences for the upload under way are applied and the record is cleared. After a crash in between, `finishIntent`
 * does the rest. All methods but `alone` are to be called within it.
 */
export class ImageTransitions {
  readonly #options: ImageTransitionsOptions;
  /** Transitions run one after another: a call to D1 lets other requests of the object in. */
  #last: Promise<unknown> = Promise.resolve();
  /**
   * The row as the last transition left it, or undefined if this object has made none since it started. Nobody else changes
   * what a transition is decided on, and its commit is guarded.
   */
  #left: Standing | undefined;

  constructor(options: ImageTransitionsOptions) {
    this.#options = options;
  }

  /** Runs work after everything before it has ended, successfully or not. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /**
   * Decides a transition, records it, commits it and concludes it; undefined if the image has moved. The caller's view
   * of the row, or this object's, may be outdated: then the transition is decided again on the current row.
   */
  async move(
    event: ImageEvent,
    seen: Standing | undefined,
    fields: TransitionFields & { transfer?: Transfer; asSeen?: boolean } = {},
  ): Promise<Refusal | undefined> {
    const { allowances, arm, db, imageId, ledger } = this.#options;
    const { transfer, asSeen, ...columns } = this.#withRemovable(fields);
    await this.finishIntent();
    let standing = seen ?? this.#left ?? (await imageStanding(db, imageId));
    for (let decided = 0; decided < DECISIONS && standing; decided++) {
      const { status: from, generation } = standing;
      const to = next(from, event);
      if (!to) {
        if (standing !== this.#left) return refusedIn(imageId, event, from);
        // The catalogue may have been restored to an earlier time: nothing is refused from memory.
        this.#left = undefined;
        standing = await imageStanding(db, imageId);
        continue;
      }
      const transition = {
        imageId,
        event,
        from,
        to,
        generation,
        at: Date.now() * 1000,
        ...columns,
      };
      ledger.intend(transition);
      if (transfer) ledger.open(transfer);
      await arm();
      const { moved, now } = await this.#commit(transition);
      if (moved) {
        allowances.begun(transition, now);
        return undefined;
      }
      if (now?.status === from && now.generation === generation) return unmet(db, transition, now);
      if (asSeen) return changedMeanwhile(imageId);
      standing = now;
    }
    return refuse("conflict", `Image ${imageId} is changing too fast; try again.`);
  }

  /**
   * Gives up the upload under way, whatever the row says. After D1 was restored to an earlier time (docs/operate.md) the
   * image may no longer be `saving`, or be missing, and a transfer that remained would be found dead again and again.
   */
  async giveUpUpload(): Promise<Refusal | undefined> {
    const { arm, db, imageId, ledger } = this.#options;
    const refusal = await this.move("failUpload", undefined);
    const transfer = ledger.transfer();
    if (!refusal || !transfer) return refusal;
    const standing = await imageStanding(db, imageId);
    if (standing?.status !== "saving") await this.#end(transfer);
    await arm();
    return refusal;
  }

  /**
   * Commits what a crash or an outage interrupted; if it had been committed already, the row shows it. An upload that
   * was interrupted while it began is withdrawn: nobody holds its lease.
   */
  async finishIntent(): Promise<void> {
    const { db, ledger } = this.#options;
    const intent = ledger.intent();
    if (!intent) return;
    const finish = intent.event === "beginUpload" ? withdrawTransition : commitTransition;
    const { moved, now } = await this.#leaving(finish(db, intent));
    if (intent.event === "beginUpload") ledger.renew(Date.now());
    await this.#conclude(intent, moved || hasMoved(intent, now));
  }

  /** Queues the bytes of locations that the catalogue has withdrawn. */
  async queueDeletedLocations(): Promise<void> {
    const { db, imageId, ledger } = this.#options;
    for (const { url, store } of await locationsToRemove(db, imageId))
      ledger.remove({ location: url, store }, Date.now(), false);
  }

  /** Names the added locations whose store we delete from: none of them may be about to lose its bytes. */
  #withRemovable<T extends TransitionFields>(fields: T): T {
    const add = fields.locations?.add ?? [];
    const removable = add
      .filter(({ store }) => isWritable(this.#options.stores.get(store)))
      .map(({ url }) => url);
    return removable.length === 0 ? fields : { ...fields, locations: { ...fields.locations, removable } };
  }

  /** Commits a recorded transition and concludes it here; after an outage the alarm does so later. */
  async #commit(transition: Transition): Promise<Verdict> {
    const { checkpoint, db } = this.#options;
    await checkpoint("before-batch", transition.event);
    const verdict = await this.#leaving(commitTransition(db, transition));
    await checkpoint("after-batch", transition.event);
    await this.#conclude(transition, verdict.moved);
    return verdict;
  }

  /** Remembers the row as it is left. When the verdict does not arrive, it is not known. */
  async #leaving(committing: Promise<Verdict>): Promise<Verdict> {
    this.#left = undefined;
    const verdict = await committing;
    this.#left = verdict.now;
    return verdict;
  }

  /** Applies an event's consequences to the transfer, and clears the intent in the same transaction. */
  async #conclude(transition: Transition, moved: boolean): Promise<void> {
    const { arm, concluded, ledger } = this.#options;
    const { event } = transition;
    if (moved && (event === "delete" || event === "changeLocations")) await this.queueDeletedLocations();
    concluded(transition, moved);
    const transfer = ledger.transfer();
    if (event === "finishUpload" && moved) ledger.close(transfer?.lease);
    if (event === "beginUpload" && !moved) ledger.close();
    if (event === "delete" && moved) ledger.markDeleted();
    if (transfer && (event === "failUpload" || (event === "delete" && moved))) await this.#end(transfer);
    ledger.clearIntent();
    await arm();
  }

  async #end(transfer: Transfer): Promise<void> {
    const { ledger, parts } = this.#options;
    await parts.abort(transfer);
    ledger.close();
    if (!transfer.keyTaken) ledger.remove(transfer, Date.now(), true);
  }
}
