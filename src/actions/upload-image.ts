import { type Refusal, ServiceError } from "../domain/errors.ts";
import type { Allowed } from "../durable/allowances.ts";
import { checkpoint } from "../durable/checkpoint.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done } from "../durable/transfers.ts";
import { errorFields } from "../http/log.ts";
import { DRAIN_BYTES, DRAIN_SECONDS } from "../limits.ts";
import { Allowance } from "../stores/allowance.ts";
import type { ImageStore, Stored } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import { type Admitted, admitUpload, refuseWithoutRoom, storeOf, type WantedUpload } from "./admit-upload.ts";
import { extendUpload } from "./extend-upload.ts";
import { type HeldLease, holdLease } from "./hold-lease.ts";
import { receiveBody } from "./receive-body.ts";
import type { Scope } from "./scope.ts";

const PATIENCE_MILLISECONDS = 500;

export interface Upload extends WantedUpload {
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/**
 * `PUT /v2/images/{id}/file`: when this resolves the image is active. Any failure leaves it queued with nothing stored,
 * or deleted if it was deleted meanwhile (spec/data.md section 1).
 */
export async function uploadImage(scope: Scope, upload: Upload): Promise<void> {
  const { env, config } = scope;
  await refuseWithoutRoom(scope, upload);
  const storeId = storeOf(config, upload);
  const store = openStores(config, env, scope.requestId).get(storeId) as ImageStore;
  const granted = await admitUpload(scope, upload);
  const coordinator = coordinatorOf(env, granted.imageId);
  using lease: HeldLease = holdLease(coordinator, granted.lease, config.transfers, {
    client: upload.signal,
    ...allowanceOf(scope, upload, granted, () => lease.signal),
  });
  let written: Stored;
  try {
    written = await moveBytes(scope, upload, store, granted.key, lease);
    await checkpoint(config.checkpointUrl, "after-publish", { image: granted.imageId });
  } catch (error) {
    const keyTaken = !lease.lost && error instanceof ServiceError && error.kind === "conflict";
    await coordinator.abort(granted.lease, { keyTaken }).catch((failure) => {
      scope.log.warn("an upload could not be given up; its lease will end", {
        image: granted.imageId,
        ...errorFields(failure),
      });
    });
    throw lease.lost ?? error;
  }
  const committed = await withRetry<Done | Refusal>(async () =>
    coordinator.complete(granted.lease, { ...written, store: storeId }),
  );
  if (!committed.ok) throw new ServiceError(committed.kind, committed.message);
}

/**
 * Moves the body into the store. The client's body is read to its end, within bounds, whatever happens to the bytes.
 */
async function moveBytes(
  scope: Scope,
  upload: Upload,
  store: ImageStore,
  key: string,
  lease: HeldLease,
): Promise<Stored> {
  const { config } = scope;
  const pipe = new IdentityTransformStream();
  const stored = store.put(key, pipe.readable, {
    maxBytes: config.limits.imageSizeCapBytes,
    hashAlgo: config.transfers.hashAlgo,
    signal: lease.signal,
    ...(upload.size === undefined ? {} : { size: upload.size }),
  });
  // If a store fails before it takes the body, nobody would ever read the pipe.
  const storeGaveUp = new AbortController();
  stored.catch((error) => storeGaveUp.abort(error));
  const source = upload.body ?? new Blob([]).stream();
  const received = receiveBody(source, pipe.writable, {
    signal: AbortSignal.any([lease.signal, storeGaveUp.signal]),
    drain: { bytes: DRAIN_BYTES, seconds: Math.min(DRAIN_SECONDS, config.transfers.stallSeconds) },
    admit: lease.admit,
    progress: lease.progress,
  });
  const [outcome, receipt] = await Promise.allSettled([stored, received]);
  if (receipt.status === "rejected")
    throw new ServiceError("invalid", "The client went away before it had sent the image.", {
      cause: receipt.reason,
    });
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

/** What an upload of unknown length may write under a quota; undefined without one. */
function allowanceOf(
  scope: Scope,
  upload: Upload,
  { grantedBytes, imageId, lease }: Admitted,
  signalOf: () => AbortSignal,
): { allowance?: Allowance } {
  if (grantedBytes === undefined || upload.size !== undefined) return {};
  const tries = (scope.config.transfers.leaseSeconds * 1000) / PATIENCE_MILLISECONDS;
  const allowance = new Allowance(grantedBytes, async (bytes) => {
    const more = async () => extendUpload(scope, { imageId, lease, bytes });
    const answer = await withRetry<Allowed | Refusal>(more, tries, signalOf());
    if (!answer.ok) throw new ServiceError(answer.kind, answer.message);
    return answer.grantedBytes;
  });
  return { allowance };
}

/** Retries after an outage between the bytes and the catalogue: the bytes took longer than this wait. */
async function withRetry<T>(question: () => Promise<T>, tries = 3, signal?: AbortSignal): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await ask(question);
    } catch (error) {
      if (left <= 1 || signal?.aborted) throw error;
      await scheduler.wait(PATIENCE_MILLISECONDS);
    }
  }
}
