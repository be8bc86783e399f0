import { DurableObject } from "cloudflare:workers";
import { imageStanding, type Standing, type Transition } from "../db/transitions.ts";
import { type Refusal, refuse } from "../domain/errors.ts";
import type { ImageEvent } from "../domain/status.ts";
import { type Config, configOf, type Env } from "../env.ts";
import { errorFields, type Log, logFrom } from "../http/log.ts";
import { type ImageReader, type ImageStore, isWritable, type Stored } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import { Allowances, type Allowed, type Wanted } from "./allowances.ts";
import { bootId } from "./boot-id.ts";
import { type Checkpoint, checkpoint } from "./checkpoint.ts";
import { ImageTransitions } from "./image-transitions.ts";
import { ImportLedger, type WantedLocation } from "./import-ledger.ts";
import { Ledger, type RelayHolder, type Transfer } from "./ledger.ts";
import { LocationImports } from "./location-imports.ts";
import { TransferParts } from "./part-uploads.ts";
import { isFree, leaseLost, refusedIn, SEEN_BEFORE } from "./refusals.ts";
import { Removals } from "./removals.ts";
import type {
  BeginUpload,
  ByRelay,
  Done,
  Lease,
  Nonce,
  PartTarget,
  RelayLife,
  Written,
} from "./transfers.ts";

/** An alarm that could not finish, because D1 or a store was away, runs again after this. */
const ALARM_RETRY_SECONDS = 2;

/** A transition that is not concluded by then was interrupted, and the alarm finishes it. */
const INTENT_SECONDS = 10;

/**
 * One object for each image: the only writer of its status and of everything that changes with it. Bytes pass through
 * it only to be hashed. Each transition is recorded here, committed to D1 under a guard, then cleared; the alarm
 * finishes whatever a crash leaves in between (design, section 3). Methods return refusals as values: a rejection is a
 * bug or an outage.
 */
export class ImageCoordinator extends DurableObject<Env> {
  readonly #ledger: Ledger;
  readonly #config: Config;
  readonly #stores: ReadonlyMap<string, ImageReader>;
  readonly #log: Log;
  readonly #removals: Removals;
  readonly #parts: TransferParts;
  readonly #allowances: Allowances;
  readonly #imports: LocationImports;
  readonly #transitions: ImageTransitions;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const configured = configOf(env);
    if (!configured.ok) throw new Error("the worker is not configured");
    this.#config = configured.config;
    this.#stores = openStores(configured.config, env);
    this.#log = logFrom(configured.config.logLevel, { image: ctx.id.name });
    this.#ledger = new Ledger(ctx.storage.sql);
    this.#parts = new TransferParts(this.#ledger, this.#stores, this.#log);
    this.#allowances = new Allowances(this.#ledger, env.DB, this.#imageId);
    const common = {
      imageId: this.#imageId,
      stores: this.#stores,
      db: env.DB,
      log: this.#log,
      config: this.#config,
    };
    this.#removals = new Removals({ ...common, ledger: this.#ledger });
    this.#imports = new LocationImports({
      ...common,
      ledger: new ImportLedger(ctx.storage.sql),
      move: (event, fields) => this.#alone(() => this.#transitions.move(event, undefined, fields)),
      checkpoint: (point) => this.#checkpoint(point),
    });
    this.#transitions = new ImageTransitions({
      ...common,
      ledger: this.#ledger,
      parts: this.#parts,
      allowances: this.#allowances,
      concluded: (transition, moved) => this.#imports.concluded(transition, moved),
      arm: () => this.#arm(),
      checkpoint: (point, event) => this.#checkpoint(point, event),
    });
  }

  /** Moves a queued image to `saving` and returns a key that no earlier attempt had. */
  async beginUpload(request: BeginUpload): Promise<Lease | Refusal> {
    if (this.#isSpent(request.nonce)) return SEEN_BEFORE;
    return this.#alone(async () => {
      const store = this.#stores.get(request.store);
      if (!isWritable(store)) return refuse("invalid", `There is no store ${request.store} to write to.`);
      if (request.relay) await this.#endEarlierLife(request.relay);
      if (await this.#finishWhatDied()) return refusedIn(this.#imageId, "beginUpload", "saving");
      const key = await this.#freeKey(store, request.relay?.unusedKey);
      if (typeof key !== "string") return key;
      const lease = crypto.randomUUID();
      const location = store.locationOf(key);
      const refusal = await this.#transitions.move("beginUpload", request.seen, {
        announcedSize: request.announcedSize ?? 0,
        ...(request.reserve ? { reserve: request.reserve } : {}),
        transfer: {
          lease,
          key,
          store: request.store,
          location,
          expiresAt: this.#leaseEnd(),
          bootId: this.#config.singleProcess ? bootId() : null,
          keyTaken: false,
          ...(request.relay ? { relay: holderOf(request.relay) } : {}),
        },
      });
      if (refusal) return refusal;
      await this.#checkpoint("after-begin");
      return { ok: true, lease, key, location, ...this.#allowances.granted };
    });
  }

  /**
   * Renews a transfer's lease. A refusal tells the writer to stop: `gone` if the image was deleted. Here and below,
   * `by` is the asking relay: it may not use a lease that was issued to another relay, or to the worker.
   */
  async heartbeat(lease: string, by?: string): Promise<Done | Refusal> {
    if (!this.#held(lease, by)) return leaseLost(this.env.DB, this.#imageId);
    this.#ledger.renew(this.#leaseEnd());
    return { ok: true };
  }

  /** As `heartbeat`, and grants as many bytes in all as `wanted` and the owner's quota allow. */
  async extend(lease: string, wanted: Wanted, by?: string): Promise<Allowed | Refusal> {
    return this.#alone(async () => {
      const alive = await this.heartbeat(lease, by);
      if (!alive.ok) return alive;
      return (await this.#allowances.extend(wanted)) ?? leaseLost(this.env.DB, this.#imageId);
    });
  }

  /**
   * Makes the image active with what was written. Repeated with the same lease, it gives the same answer. If the lease
   * is lost, the bytes are queued for removal, and the refusal is `gone` for a deleted image, `conflict` otherwise.
   */
  async complete(lease: string, written: Written): Promise<Done | Refusal> {
    return this.#alone(async () => {
      await this.#transitions.finishIntent();
      if (this.#ledger.isFinished(lease)) return { ok: true };
      if (this.#held(lease, undefined)) return this.#finishUpload(written);
      this.#ledger.remove(written, Date.now(), false);
      await this.#arm();
      return leaseLost(this.env.DB, this.#imageId);
    });
  }

  /**
   * The same for a relay. The bytes are where the transfer says, whatever the relay says; those of a lost lease were
   * queued for removal when it was lost.
   */
  async completeRelayed(
    lease: string,
    by: string,
    written: Omit<Stored, "location">,
    nonce?: Nonce,
  ): Promise<Done | Refusal> {
    if (this.#isSpent(nonce)) return SEEN_BEFORE;
    return this.#alone(async () => {
      await this.#transitions.finishIntent();
      if (this.#ledger.isFinished(lease)) return { ok: true };
      const transfer = this.#held(lease, by);
      if (!transfer) return leaseLost(this.env.DB, this.#imageId);
      const { location, relay, store } = transfer;
      if (relay?.multipart !== null) {
        this.#ledger.renew(this.#leaseEnd());
        const refusal = await this.#parts.complete(transfer, written.size);
        if (refusal) return refusal;
      }
      return this.#finishUpload({ ...written, location, store });
    });
  }

  /** The target of a part: the key, and the store's own id of the multipart upload. */
  async openPart(lease: string, by: string): Promise<PartTarget | Refusal> {
    return this.#alone(async () => {
      const transfer = this.#held(lease, by);
      if (!transfer) return leaseLost(this.env.DB, this.#imageId);
      if (transfer.relay?.multipart === null) return refuse("invalid", "This upload takes no parts.");
      const { key, store } = transfer;
      return { ok: true, key, store, multipart: await this.#parts.open(transfer) };
    });
  }

  /** Records a part that the store has, and renews the lease. */
  async recordPart(
    lease: string,
    by: string,
    part: { number: number; etag: string; bytes: number },
  ): Promise<Done | Refusal> {
    if (!this.#held(lease, by)) return leaseLost(this.env.DB, this.#imageId);
    this.#ledger.recordPart(part.number, part);
    this.#ledger.renew(this.#leaseEnd());
    return { ok: true };
  }

  /** Gives up a failed transfer: the image is `queued` again, and what was written is removed. */
  async abort(lease: string, options: { keyTaken?: boolean; by?: string } = {}): Promise<Done> {
    return this.#alone(async () => {
      await this.#transitions.finishIntent();
      const transfer = this.#ledger.transfer();
      if (transfer?.lease === lease && transfer.relay?.id === options.by) {
        if (options.keyTaken) this.#ledger.disownKey();
        await this.#transitions.giveUpUpload();
      }
      return { ok: true };
    });
  }

  /** Remembers a signed request's nonce; false if it was seen before. */
  async spendNonce(nonce: Nonce): Promise<boolean> {
    return !this.#isSpent(nonce);
  }

  /** Whether the nonce was seen before. From now on it was. */
  #isSpent(nonce: Nonce | undefined): boolean {
    return nonce !== undefined && !this.#ledger.spendNonce(nonce.nonce, nonce.expires, Date.now());
  }

  /**
   * Deletes the image, whatever it is doing. The answer does not wait for the removal of its bytes, which the alarm
   * does.
   */
  async delete(seen: Standing): Promise<Done | Refusal> {
    return this.#alone(async () => (await this.#transitions.move("delete", seen)) ?? { ok: true });
  }

  /** Accepts the work of a `POST …/locations` (spec/locations.md section 2.1), which the alarm does. */
  async importLocation(wanted: WantedLocation): Promise<Done | Refusal> {
    return this.#alone(async () => {
      const died = await this.#finishWhatDied();
      const standing = died ? undefined : await imageStanding(this.env.DB, this.#imageId);
      if (standing?.status !== "queued")
        return refuse("conflict", `Image ${this.#imageId} is ${standing?.status ?? "saving"}, not queued.`);
      const refusal = await this.#imports.begin(wanted);
      await this.#arm();
      return refusal ?? { ok: true };
    });
  }

  /**
   * Changes the locations of an image, and whatever else a patch changes, as it was decided on the row that was read.
   * `busy` if the row has changed since. A queued image becomes active.
   */
  async changeLocations(
    seen: Standing,
    changes: Pick<Transition, "locations" | "columns" | "metadata" | "reserve">,
  ): Promise<Done | Refusal> {
    const adds = (changes.locations?.add?.length ?? 0) > 0;
    const event = seen.status === "queued" && adds ? "addLocation" : "changeLocations";
    return this.#alone(
      async () => (await this.#transitions.move(event, seen, { ...changes, asSeen: true })) ?? { ok: true },
    );
  }

  /** Withholds the data of an active image from readers, or makes it available again. */
  async setActive(event: "deactivate" | "reactivate", seen: Standing): Promise<Done | Refusal> {
    return this.#alone(async () => (await this.#transitions.move(event, seen)) ?? { ok: true });
  }

  /**
   * Finishes what the catalogue says is unfinished, in case this object's alarm was lost. Called by the sweep, and when
   * a relay starts, whose earlier life ended what it held. Both wait for every image, so removing and hashing, for which
   * stores are waited for, are left to the alarm. Only a dead upload in parts is aborted in its store here.
   */
  async settle(relay?: RelayLife): Promise<void> {
    await this.#alone(async () => {
      await this.#finishWhatDied();
      if (relay) await this.#endEarlierLife(relay);
      await this.#transitions.queueDeletedLocations();
      const standing = await imageStanding(this.env.DB, this.#imageId);
      if (standing?.status === "saving" && !this.#ledger.transfer())
        await this.#transitions.move("failUpload", standing);
      const lost = await this.#imports.endLost(standing);
      if (lost) await this.#transitions.move("failImport", standing, lost);
    });
    // An alarm that storage still shows may have been lost, so it is set anew for whatever is due.
    await this.ctx.storage.deleteAlarm();
    await this.#arm();
  }

  /** Finishes a transition, ends a dead transfer, removes bytes that are due. Each is safe to do twice. */
  override async alarm(): Promise<void> {
    try {
      await this.#alone(() => this.#finishWhatDied());
      await this.#removals.runDue();
      await this.#imports.runDue();
      await this.#arm();
    } catch (error) {
      this.#log.error("an alarm could not finish and will run again", errorFields(error));
      await this.ctx.storage.setAlarm(Date.now() + ALARM_RETRY_SECONDS * 1000);
    }
  }

  get #imageId(): string {
    return this.ctx.id.name ?? "";
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#transitions.alone(work);
  }

  /** Ends an interrupted transition, then a transfer whose holder is silent. Returns a transfer that is alive. */
  async #finishWhatDied(): Promise<Transfer | undefined> {
    await this.#transitions.finishIntent();
    const transfer = this.#ledger.transfer();
    if (!transfer || !this.#isDead(transfer)) return transfer;
    await this.#transitions.giveUpUpload();
    return undefined;
  }

  /**
   * The alarm is set no later than the earliest thing to do, and is only ever moved forward. One that fires too early
   * finds nothing to do and is set again, which costs less than a write each time. For a deleted image with nothing
   * left to do, nothing is kept.
   */
  async #arm(): Promise<void> {
    if (this.#ledger.isSpent()) {
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
      this.#ledger.forget();
      this.#imports.forget();
      return;
    }
    // What is running was due already: an alarm for it would fire at once and find nothing to do, again and again.
    const unlessRunning = ({ isRunning }: { isRunning: boolean }, at: number) =>
      isRunning ? Math.max(at, Date.now() + ALARM_RETRY_SECONDS * 1000) : at;
    const due = this.#ledger.removals().map(({ dueAt }) => unlessRunning(this.#removals, dueAt));
    const transfer = this.#ledger.transfer();
    if (transfer) due.push(transfer.expiresAt);
    const importDue = this.#imports.dueAt;
    if (importDue !== undefined) due.push(unlessRunning(this.#imports, importDue));
    if (this.#ledger.intent()) due.push(Date.now() + INTENT_SECONDS * 1000);
    if (due.length === 0) return;
    const earliest = Math.min(...due);
    const standing = await this.ctx.storage.getAlarm();
    if (standing === null || standing > earliest) await this.ctx.storage.setAlarm(earliest);
  }

  /** The transfer of this lease, if it is alive and was issued to the asking relay, or to the worker. */
  #held(lease: string, by: string | undefined): Transfer | undefined {
    const transfer = this.#ledger.transfer();
    const held = transfer?.lease === lease && transfer.relay?.id === by && !this.#isDead(transfer);
    return held ? transfer : undefined;
  }

  async #finishUpload(written: Written): Promise<Done | Refusal> {
    const { location, size, checksum, hashAlgo, hashValue, store } = written;
    const over = this.#allowances.over(size);
    if (over) return (await this.#transitions.giveUpUpload()) ?? over;
    const refusal = await this.#transitions.move("finishUpload", undefined, {
      data: { location, size, checksum, hashAlgo, hashValue, store },
    });
    return refusal ?? { ok: true };
  }

  /** An announcement of an earlier life that is heard again must not end anything of the present life. */
  async #endEarlierLife({ id, bootId: boot, bootedAt }: RelayLife): Promise<void> {
    await this.#transitions.finishIntent();
    const holder = this.#ledger.transfer()?.relay;
    if (holder?.id === id && holder.bootId !== boot && holder.bootedAt < bootedAt)
      await this.#transitions.giveUpUpload();
  }

  #leaseEnd(): number {
    return Date.now() + this.#config.transfers.leaseSeconds * 1000;
  }

  #isDead(transfer: Transfer): boolean {
    if (transfer.expiresAt <= Date.now()) return true;
    // A relay survives a restart of the worker.
    return !transfer.relay && this.#config.singleProcess && transfer.bootId !== bootId();
  }

  /**
   * The image's id for the first attempt, as Glance names it; `<id>.<n>` later, and if unknown bytes lie under the key.
   */
  async #freeKey(store: ImageStore, unused: string | undefined): Promise<string | Refusal> {
    for (;;) {
      const n = this.#ledger.nextAttempt();
      const key = n === 1 ? this.#imageId : `${this.#imageId}.${n}`;
      if (key === unused) return key;
      const free = await isFree(store, key);
      if (free) return free === true ? key : free;
    }
  }

  #checkpoint(point: Checkpoint, event?: ImageEvent): Promise<void> {
    return checkpoint(this.#config.checkpointUrl, point, {
      image: this.#imageId,
      ...(event ? { event } : {}),
    });
  }
}

/** No multipart upload is opened yet: the upload may be given up before its first byte. */
const holderOf = ({ id, bootId: boot, bootedAt, inParts }: ByRelay): RelayHolder => ({
  ...{ id, bootId: boot, bootedAt },
  multipart: inParts ? "" : null,
});
