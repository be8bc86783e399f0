import { type FailureCause, ServiceError } from "../domain/errors.ts";
import { withTimeout } from "../outbound/timeout.ts";
import type { ImageStore } from "./contract.ts";

/** The result of one check, in words that follow the store's name. */
export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** What to do about a failure. */
  readonly remedy?: string;
}

/** Checks everything that a store needs, one thing after another. What depends on a failed check is left out. */
export type Examination = AsyncIterable<Finding>;

export interface Examining {
  /** The store is only read. */
  readonly onlyRead?: boolean;
  /** Called with each failure, for a log. */
  readonly failed?: (error: unknown) => void;
  /** Time limit for each step. */
  readonly stepSeconds?: number;
}

type Step = (signal: AbortSignal) => Promise<unknown>;

const SCRATCH_BYTES = 64 * 1024;
/** Less than the half minute for which a store retries: the caller does not wait that long for all steps together. */
const STEP_SECONDS = 12;
const CLEAR_AWAY_SECONDS = 8;

/**
 * Does with a few bytes everything that is done with images: writes them, reads them whole and in part, and removes
 * them. Nothing of them is left, however it ends.
 */
export async function* examineStore(
  store: ImageStore,
  { onlyRead = false, failed = () => {}, stepSeconds = STEP_SECONDS }: Examining = {},
): Examination {
  // Starts like an image's id, for stores that choose containers by id, but belongs to no image.
  const key = `${crypto.randomUUID()}.doctor`;
  const location = store.locationOf(key);
  const tried = async (yes: string, no: string, work: Step): Promise<Finding> => {
    let late: AbortSignal | undefined;
    try {
      await withTimeout(stepSeconds, (signal) => {
        late = signal;
        return work(signal);
      });
      return { ok: true, what: yes };
    } catch (cause) {
      const error = late?.aborted ? noAnswer(stepSeconds, cause) : cause;
      failed(error);
      return { ok: false, what: `${no}: ${wordsOf(error)}`, remedy: REMEDIES[failureCauseOf(error)] };
    }
  };
  if (onlyRead)
    return yield await tried("answers, and is only read", "does not answer", () => isAbsent(store, location));
  const bytes = crypto.getRandomValues(new Uint8Array(SCRATCH_BYTES));
  let isGone = false;
  try {
    const written = await tried("can be written", "cannot be written", (signal) =>
      store.put(key, streamOf(bytes), { size: bytes.byteLength, signal }),
    );
    yield written;
    if (!written.ok) return;
    yield await tried("can be read", "cannot be read", async () => {
      requireSame(bytes, await bytesAt(store, location));
    });
    yield await tried("can be read in part", "cannot be read in part", async () => {
      requireSame(bytes.subarray(1000, 3000), await bytesAt(store, location, { start: 1000, end: 2999 }));
    });
    const removed = await tried("can be removed from", "cannot be removed from", async () => {
      await store.delete(location);
      await isAbsent(store, location);
    });
    yield removed;
    isGone = removed.ok;
  } finally {
    if (!isGone) await withTimeout(CLEAR_AWAY_SECONDS, () => store.delete(location)).catch(() => {});
  }
}

async function isAbsent(store: ImageStore, location: string): Promise<void> {
  try {
    await store.stat(location);
  } catch (error) {
    if (error instanceof ServiceError && error.kind === "notFound") return;
    throw error;
  }
  throw new ServiceError("conflict", "What was removed is still there.");
}

async function bytesAt(
  store: ImageStore,
  location: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  const { body } = await store.get(location, range);
  return new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function requireSame(written: Uint8Array, read: Uint8Array): void {
  const same = read.byteLength === written.byteLength && read.every((byte, at) => byte === written[at]);
  if (!same) throw new ServiceError("conflict", "It gives back other bytes than it was given.");
}

const streamOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> => new Blob([bytes]).stream();

const noAnswer = (seconds: number, cause: unknown) =>
  new ServiceError("unavailable", `It gives no answer within ${seconds} seconds.`, {
    cause,
    failureCause: "unreachable",
  });

/**
 * The message of a `ServiceError` contains no stack, address or secret. The messages of other errors are for the log
 * only.
 */
const wordsOf = (error: unknown): string =>
  error instanceof ServiceError ? error.message : "It fails in a way that only the log can tell.";

function failureCauseOf(error: unknown): FailureCause {
  if (!(error instanceof ServiceError)) return "unexpectedAnswer";
  if (error.failureCause) return error.failureCause;
  if (error.kind === "full" || error.kind === "tooLarge") return "full";
  if (error.kind === "writeDenied") return "forbidden";
  return error.kind === "gone" ? "readOnly" : "unexpectedAnswer";
}

const REMEDIES: Readonly<Record<FailureCause, string>> = {
  missing: "Make it, or let the service make it (create_bucket, create_container), or correct its name.",
  forbidden:
    "See that key and secret are right, and let their user do all of it there: list, read, write and remove.",
  credentials: "Correct user, key or password in the settings: the secret's file, STORE_SECRETS, RELAY_KEYS.",
  clock: "Set the clock of this machine, or that of the store's.",
  unreachable:
    "See that it runs, and that address, port and certificate are right from where this service is.",
  busy: "Wait, or let the store take more requests at once.",
  elsewhere: "Correct region and endpoint in the settings.",
  full: "Make room in it, or raise its quota.",
  readOnly: "Set read_only for it here too, or take it away at the relay.",
  unexpectedAnswer:
    "Look at this service's log, and the store's; of a relay's store `glimpse-relay doctor` tells more.",
};
