import { ServiceError } from "../domain/errors.ts";
import type { ImageLocation } from "../domain/image.ts";
import { isHttpLocation } from "../domain/location-url.ts";
import type { ByteRange } from "../http/byte-range.ts";
import { errorFields, type Log } from "../http/log.ts";
import { PASSED_BYTES } from "../limits.ts";
import { withTimeout } from "../outbound/timeout.ts";
import type { ImageReader, Range } from "../stores/contract.ts";
import { type Source, sourceOf } from "../stores/pump.ts";

/** What to read, of an image of `size` bytes. */
export interface WantedBytes {
  readonly image: { readonly id: string };
  readonly size: number;
  readonly range?: ByteRange;
  /** Where the bytes are, in the order in which to try them. */
  readonly locations: readonly ImageLocation[];
}

export interface OpeningTimes {
  /** A store retries for half a minute. This is the limit for one place while others may have the bytes. */
  readonly hasteSeconds: number;
  /** How long after a break the rest of the bytes is requested. */
  readonly patienceSeconds: number;
}

const PAUSE_MILLISECONDS = { first: 250, most: 4000 };

/** After this many breaks in a row with next to nothing between them, the read is given up. */
const MOST_BREAKS = 5;

/** A place whose first byte has arrived, so that no answer begins before that; or the reason why there is none. */
type Found =
  | { readonly source: Source; readonly location: ImageLocation }
  | { readonly failure?: unknown; readonly mayPass: boolean };

/** The places of an image's bytes, for one reading of them. */
export class Places {
  readonly #wanted: WantedBytes;
  readonly #stores: ReadonlyMap<string, ImageReader>;
  readonly #log: Log;
  readonly #times: OpeningTimes;
  /** The version that each place had when it was first opened. */
  readonly #versions = new Map<ImageLocation, string | undefined>();

  constructor(wanted: WantedBytes, stores: ReadonlyMap<string, ImageReader>, log: Log, times: OpeningTimes) {
    this.#wanted = wanted;
    this.#stores = stores;
    this.#log = log;
    this.#times = times;
  }

  /** A place that is only slow is tried again, without the time limit, after all others. */
  async firstOf(locations: readonly ImageLocation[], range: Range | undefined): Promise<Found> {
    const slow: ImageLocation[] = [];
    let failure: unknown;
    let mayPass = false;
    const tried = async (location: ImageLocation, seconds?: number): Promise<Found | undefined> => {
      let limit: AbortSignal | undefined;
      const open = (signal?: AbortSignal) => {
        limit = signal;
        return this.#open(location, range, signal);
      };
      try {
        return { location, source: await (seconds === undefined ? open() : withTimeout(seconds, open)) };
      } catch (error) {
        this.#warn("a location could not be read", location, error);
        if (limit?.aborted) slow.push(location);
        else if (!(error instanceof ServiceError && error.kind === "notFound")) failure = error;
        mayPass ||= error instanceof ServiceError && error.retryable;
        return undefined;
      }
    };
    const haste = this.#wanted.locations.length > 1 ? this.#times.hasteSeconds : undefined;
    for (const location of locations) {
      const found = await tried(location, haste);
      if (found) return found;
    }
    for (const location of slow) {
      const found = await tried(location);
      if (found) return found;
    }
    return { failure, mayPass };
  }

  /** Returns a function that opens the rest of the bytes after a break. The first bytes came from `first`. */
  reopener(first: ImageLocation): (at: number, error: unknown) => Promise<Source> {
    let location = first;
    let brokeAt = 0;
    let breaks = 0;
    return async (at, error) => {
      this.#warn("a location broke off in the middle", location, error, { at });
      breaks = at - brokeAt < PASSED_BYTES ? breaks + 1 : 1;
      brokeAt = at;
      if (breaks > MOST_BREAKS) throw error;
      const found = await this.#restFrom(location, at);
      if (!found) throw error;
      location = found.location;
      this.#log.info("a location gives the rest", { ...this.#named(location), at });
      return found.source;
    };
  }

  async #restFrom(
    broken: ImageLocation,
    at: number,
  ): Promise<Extract<Found, { source: Source }> | undefined> {
    const { locations, range, size } = this.#wanted;
    const rest = { start: (range?.start ?? 0) + at, end: range?.end ?? size - 1 };
    const inOrder = [broken, ...locations.filter((location) => location !== broken)];
    const until = Date.now() + this.#times.patienceSeconds * 1000;
    for (let wait = PAUSE_MILLISECONDS.first; ; wait = Math.min(wait * 2, PAUSE_MILLISECONDS.most)) {
      const found = await this.firstOf(inOrder, rest);
      if ("source" in found) return found;
      if (!found.mayPass || Date.now() + wait > until) return undefined;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #open(location: ImageLocation, range: Range | undefined, signal: AbortSignal | undefined) {
    const { size } = this.#wanted;
    const holder = this.#stores.get(location.store);
    if (!holder) throw new Error(`store ${location.store} is not configured`);
    const { body, size: found, version } = await holder.get(location.url, range, signal);
    try {
      if (found !== size) throw new Error(`the store has ${found} bytes of the image's ${size}`);
      this.#requireSame(location, version);
    } catch (error) {
      body.cancel().catch(() => {});
      throw error;
    }
    const source = await begun(body, size > 0, signal);
    this.#versions.set(location, version);
    return source;
  }

  /** Bytes that were replaced meanwhile do not continue those that were read before. */
  #requireSame(location: ImageLocation, version: string | undefined): void {
    if (!this.#versions.has(location)) return;
    if (version !== this.#versions.get(location)) throw new Error("the data changed while it was read");
    if (version === undefined && isHttpLocation(location.url))
      throw new Error("the web server does not tell whether its data is still the same");
  }

  #warn(message: string, location: ImageLocation, error: unknown, more: Record<string, unknown> = {}): void {
    this.#log.warn(message, { ...this.#named(location), ...more, ...errorFields(error) });
  }

  #named = ({ store }: ImageLocation) => ({ image: this.#wanted.image.id, store });
}

/** Resolves once the body's first bytes have arrived. */
async function begun(
  body: ReadableStream<Uint8Array>,
  hasBytes: boolean,
  signal: AbortSignal | undefined,
): Promise<Source> {
  if (!hasBytes) return sourceOf(body);
  const reader = body.getReader();
  const leave = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", leave);
  const { done, value } = await reader.read();
  signal?.removeEventListener("abort", leave);
  if (done) throw new Error("the store's answer ended before its first byte");
  reader.releaseLock();
  const rest = sourceOf(body, PASSED_BYTES);
  let first: Uint8Array | undefined = value;
  return {
    async read() {
      const chunk = first ?? (await rest.read());
      first = undefined;
      return chunk;
    },
    cancel: (reason) => rest.cancel(reason),
  };
}
