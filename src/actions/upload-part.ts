import { type Refusal, ServiceError } from "../domain/errors.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done, PartTarget } from "../durable/transfers.ts";
import { MAX_PARTS, RELAY_PART_BYTES_MOST } from "../limits.ts";
import { isWritable } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

export interface PartOfUpload {
  readonly imageId: string;
  readonly lease: string;
  /** The relay that holds the lease. */
  readonly relay: string;
  readonly number: number;
  readonly bytes: number;
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Puts a part into the store as it arrives, and records it before it is acknowledged. */
export async function uploadPart(scope: Pick<Scope, "env" | "config">, part: PartOfUpload): Promise<void> {
  const { number, bytes, lease, relay } = part;
  if (!isIn(number, 1, MAX_PARTS) || !isIn(bytes, 1, RELAY_PART_BYTES_MOST) || !part.body)
    throw new ServiceError("invalid", `There is no part ${number} of ${bytes} bytes.`);
  const coordinator = coordinatorOf(scope.env, part.imageId);
  const target = accepted(await ask<PartTarget | Refusal>(async () => coordinator.openPart(lease, relay)));
  const store = openStores(scope.config, scope.env).get(target.store);
  const parts = isWritable(store) ? store.parts : undefined;
  if (!parts) throw new ServiceError("invalid", "This upload takes no parts.");
  const etag = await parts.put(target.key, target.multipart, { number, bytes }, part.body);
  accepted(
    await ask<Done | Refusal>(async () => coordinator.recordPart(lease, relay, { number, etag, bytes })),
  );
}

const isIn = (n: number, least: number, most: number) => Number.isInteger(n) && n >= least && n <= most;

function accepted<T extends { ok: true }>(verdict: T | Refusal): T {
  if (!verdict.ok) throw new ServiceError(verdict.kind, verdict.message);
  return verdict;
}
