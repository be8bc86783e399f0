import type { DownloadGrant } from "../../protocol/control.ts";
import { withTimeout } from "../../src/outbound/timeout.ts";
import type { OpenBlob, Range } from "../../src/stores/contract.ts";
import { boundsOf } from "../cache/content.ts";
import type { OpenStore } from "../open-store.ts";
import { type Bytes, STEADINESS } from "../steadily.ts";
import type { Visit } from "../visits.ts";
import { readOn } from "./read-on.ts";

/** A store retries for half a minute, while the edge may have the bytes in another store. */
const HASTE_SECONDS = 5;

export interface Wanted {
  readonly visit: Visit;
  readonly image: string;
  readonly grant: DownloadGrant;
  readonly stores: ReadonlyMap<string, OpenStore>;
  /** A range of the image, or all of it, through the edge, which knows all places. */
  readonly throughEdge: (range: Range | undefined, signal: AbortSignal) => Promise<Bytes>;
}

interface Found {
  readonly blob: OpenBlob;
  readonly holder: OpenStore;
  readonly url: string;
}

/**
 * The requested bytes, from the first server that has all of them and whose bytes this relay carries. If they break
 * off, reading resumes there, or through the edge if the server fails or now has other bytes.
 */
export async function fromElsewhere(wanted: Wanted): Promise<Bytes | undefined> {
  const { grant, image, throughEdge, visit } = wanted;
  const found = await openElsewhere(wanted, grant.range);
  if (!found) return undefined;
  const { blob, holder, url } = found;
  const { end, start } = boundsOf(grant.range, grant.size);
  const reopen = async (at: number, failure: unknown): Promise<Bytes> => {
    visit.log.warn({ err: failure, image, at }, "a location broke off in the middle");
    const rest = { start: start + at, end: end - 1 };
    const again = await inHaste(holder, url, rest).catch(() => undefined);
    if (again?.size === grant.size && again.version === blob.version) return again.body;
    again?.body.cancel().catch(() => {});
    return throughEdge(rest, visit.gone);
  };
  const { patienceSeconds } = STEADINESS;
  return readOn(blob.body, { length: end - start, reopen, patienceSeconds });
}

/** Everything from a given byte on, for a caller that resumes by itself after a break. */
export async function restFromElsewhere(wanted: Wanted, start: number, signal: AbortSignal): Promise<Bytes> {
  const range = start > 0 ? { start } : undefined;
  const found = await openElsewhere(wanted, range);
  return found?.blob.body ?? wanted.throughEdge(range, signal);
}

async function openElsewhere(
  { grant, image, stores, visit }: Wanted,
  range: Range | undefined,
): Promise<Found | undefined> {
  for (const { store, url } of grant.locations) {
    const holder = stores.get(store);
    if (!holder?.elsewhere) continue;
    try {
      const blob = await inHaste(holder, url, range);
      if (blob.size === grant.size) return { blob, holder, url };
      blob.body.cancel().catch(() => {});
      throw new Error(`the store has ${blob.size} bytes of the image's ${grant.size}`);
    } catch (error) {
      visit.log.warn({ err: error, image, store }, "a location could not be read here");
    }
  }
  return undefined;
}

/** Gives up a source that opens too late. */
function inHaste(holder: OpenStore, url: string, range: Range | undefined): Promise<OpenBlob> {
  return withTimeout(HASTE_SECONDS, (late) => {
    const found = holder.get(url, range, late);
    found.then(({ body }) => (late.aborted ? body.cancel() : undefined)).catch(() => {});
    return found;
  });
}
