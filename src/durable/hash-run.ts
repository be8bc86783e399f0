import { ServiceError } from "../domain/errors.ts";
import type { DigestProgress, ImageReader } from "../stores/contract.ts";
import { sourceOf } from "../stores/pump.ts";
import type { Hashing } from "./import-ledger.ts";
import { ResumableDigest } from "./resumable-digest.ts";

export interface HashRun {
  readonly store: ImageReader;
  readonly url: string;
  readonly hashing: Hashing;
  readonly sliceBytes: number;
  readonly runSeconds: number;
  readonly signal: AbortSignal;
  /** Stores the progress. False if another run has gone on meanwhile, which then does the rest. */
  readonly keep: (hashing: Hashing) => Promise<boolean>;
}

export interface Digests {
  readonly checksum: string;
  readonly value: string;
}

/**
 * If the bytes can be read only from the start, each run first reads what earlier runs have hashed. Such a run lasts as
 * long as an alarm's CPU limit allows.
 */
const RANGELESS_RUN_SECONDS = 240;

/**
 * Continues for a while where the last run ended; returns the digests if that was the rest. A run that is interrupted,
 * or overtaken by another, loses only what came after its last slice.
 */
export async function hashOn(run: HashRun): Promise<Digests | undefined> {
  const { hashing, signal, store, url } = run;
  const { algo, digests, size } = hashing;
  const md5 = new ResumableDigest("md5", digests?.md5);
  const strong = new ResumableDigest(algo, digests?.strong);
  let { done } = hashing;
  if (store.digest) return digestedThere(run, await store.digest(url, algo));
  if (done < size) {
    const blob = await store.get(url, { start: done }, signal);
    const version = hashing.version ?? blob.version;
    if (blob.size !== size || blob.version !== version) {
      blob.body.cancel().catch(() => undefined);
      throw changed();
    }
    const seconds = blob.readsFromStart ? Math.max(RANGELESS_RUN_SECONDS, run.runSeconds) : run.runSeconds;
    const until = Date.now() + seconds * 1000;
    const source = sourceOf(blob.body);
    const stop = () => void source.cancel(signal.reason).catch(() => undefined);
    signal.addEventListener("abort", stop, { once: true });
    try {
      for (let kept = done; done < size; ) {
        const chunk = await source.read();
        signal.throwIfAborted();
        if (!chunk) throw new ServiceError("unavailable", "The data ended before its time.");
        md5.update(chunk);
        strong.update(chunk);
        done += chunk.byteLength;
        if (done < size && done - kept < run.sliceBytes) continue;
        kept = done;
        const states = { md5: md5.state, strong: strong.state };
        const goesOn = await run.keep({
          ...hashing,
          done,
          digests: states,
          ...(version === undefined ? {} : { version }),
        });
        if (!goesOn || (done < size && Date.now() >= until)) return undefined;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
  }
  return { checksum: md5.finish(), value: strong.finish() };
}

/** What the keeper of the store answers. The next runs ask again until it has read everything. */
async function digestedThere({ hashing, keep }: HashRun, said: DigestProgress): Promise<Digests | undefined> {
  if ("hashed" in said) {
    await keep({ ...hashing, done: said.hashed });
    return undefined;
  }
  if (said.size !== hashing.size) throw changed();
  return { checksum: said.checksum, value: said.value };
}

const changed = () => new ServiceError("invalid", "The data changed while it was read.");
