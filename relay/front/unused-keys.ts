import { setTimeout as wait } from "node:timers/promises";
import type { BeginUpload } from "../../protocol/control.ts";
import { type ImageStore, isBlobKey } from "../../src/stores/contract.ts";

/** A directory that works answers in a fraction of this. */
const PATIENCE_MILLISECONDS = 100;

/** Stores that have not answered yet: each further request would block another of Node's few threads. */
const silent = new WeakSet<ImageStore>();

/**
 * The stores that quickly report that they have nothing under the key, which saves the edge a request. A slow store is
 * left out, and does not delay an upload into another store.
 */
export async function unusedIn(
  stores: ReadonlyMap<string, ImageStore>,
  key: string,
  patience = PATIENCE_MILLISECONDS,
): Promise<BeginUpload["unused"]> {
  if (!isBlobKey(key)) return undefined;
  const answers = Array.from(stores, async ([id, store]) =>
    (await isUnused(store, key, patience)) ? [id] : [],
  );
  return { key, stores: (await Promise.all(answers)).flat() };
}

async function isUnused(store: ImageStore, key: string, patience: number): Promise<boolean> {
  if (!store.isUnused || silent.has(store)) return false;
  const answer = store.isUnused(key).catch(() => false);
  const first = await Promise.race([answer, wait(patience, "late" as const, { ref: false })]);
  if (first !== "late") return first;
  silent.add(store);
  answer.then(() => silent.delete(store));
  return false;
}
