import { type Refusal, refuse, ServiceError } from "../domain/errors.ts";
import { errorFields, type Log } from "../http/log.ts";
import { type ImageReader, isWritable, type PartUploads } from "../stores/contract.ts";
import type { Ledger, RecordedPart, Transfer } from "./ledger.ts";

/** The store's side of transfers that come in parts: opened with the first part, then completed or aborted. */
export class TransferParts {
  readonly #ledger: Ledger;
  readonly #stores: ReadonlyMap<string, ImageReader>;
  readonly #log: Log;

  constructor(ledger: Ledger, stores: ReadonlyMap<string, ImageReader>, log: Log) {
    this.#ledger = ledger;
    this.#stores = stores;
    this.#log = log;
  }

  /** The store's id of the upload, which is created if there is none yet. */
  async open(transfer: Transfer): Promise<string> {
    const known = transfer.relay?.multipart;
    if (known) return known;
    const made = await this.#partsOf(transfer).create(transfer.key);
    this.#ledger.openParts(made);
    return made;
  }

  /** Assembles the blob from the recorded parts. A refusal if together they are not `size` bytes. */
  async complete(transfer: Transfer, size: number): Promise<Refusal | undefined> {
    const parts = this.#ledger.parts();
    if (!areWhole(parts, size)) return refuse("invalid", "The parts of the image data are not whole.");
    try {
      await this.#partsOf(transfer).complete(transfer.key, await this.open(transfer), parts);
      return undefined;
    } catch (error) {
      if (error instanceof ServiceError) return refuse(error.kind, error.message);
      throw error;
    }
  }

  /** What this cannot abort, the store itself drops days later. */
  async abort(transfer: Transfer): Promise<void> {
    const { key, store, relay } = transfer;
    if (!relay?.multipart) return;
    try {
      await this.#partsOf(transfer).abort(key, relay.multipart);
    } catch (error) {
      this.#log.warn("parts could not be removed", { store, ...errorFields(error) });
    }
  }

  #partsOf({ store }: Transfer): PartUploads {
    const holder = this.#stores.get(store);
    const parts = isWritable(holder) ? holder.parts : undefined;
    if (!parts) throw new ServiceError("unavailable", `The store ${store} takes no parts.`);
    return parts;
  }
}

/** Whether every part is there, once and in order, and together they are the image. */
function areWhole(parts: readonly RecordedPart[], size: number): boolean {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return bytes === size && parts.every(({ number }, i) => number === i + 1);
}
