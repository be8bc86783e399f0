import { setTimeout as wait } from "node:timers/promises";
import type { BeginUpload } from "../../protocol/control.ts";
import { type ImageStore, isBlobKey } from "../../src/stores/contract.ts";

/** A directory that answers does so in a fraction of one. */
const PATIENCE_MILLISECONDS = 100;

/** Have not answered yet: each further question would keep another of Node's few threads for nothing. */
const silent = new WeakSet<ImageStore>();

/**
 * Those of the stores that tell at once that nothing is under the key, which saves the edge its question. Of one that is
 * slow nothing is said, and an upload into another does not wait for it.
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
