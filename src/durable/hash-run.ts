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
  /** Remembers how far it is; false when somebody else has gone on meanwhile, who then does the rest. */
  readonly keep: (hashing: Hashing) => Promise<boolean>;
}

export interface Digests {
  readonly checksum: string;
  readonly value: string;
}

/** What has to be read from its start costs a run all that it has read: such a run is as long as an alarm's CPU allows. */
const RANGELESS_RUN_SECONDS = 240;

/**
 * Reads on where the last run ended, for a while; the digests when that was the rest. A run that is cut off, or that
 * another one overtakes, has lost what came after its last slice and nothing else.
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

/** What the store's own keeper says: it is asked again by the next run until it has read all. */
async function digestedThere({ hashing, keep }: HashRun, said: DigestProgress): Promise<Digests | undefined> {
  if ("hashed" in said) {
    await keep({ ...hashing, done: said.hashed });
    return undefined;
  }
  if (said.size !== hashing.size) throw changed();
  return { checksum: said.checksum, value: said.value };
}

const changed = () => new ServiceError("invalid", "The data changed while it was read.");
