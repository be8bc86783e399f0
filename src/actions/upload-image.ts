import { type Refusal, ServiceError } from "../domain/errors.ts";
import { authorize } from "../domain/policy.ts";
import { checkpoint } from "../durable/checkpoint.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { Done, Lease } from "../durable/image-coordinator.ts";
import { errorFields } from "../http/log.ts";
import { DRAIN_BYTES, DRAIN_SECONDS } from "../limits.ts";
import type { ImageStore, Stored } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import { type HeldLease, holdLease } from "./hold-lease.ts";
import { receiveBody } from "./receive-body.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

const PATIENCE_MILLISECONDS = 500;

export interface Upload {
  readonly imageId: string;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Bytes the client promises; absent when it does not know. */
  readonly size?: number;
  /** Absent: the default store. */
  readonly store?: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/**
 * `PUT /v2/images/{id}/file`: when it resolves the image is active. Any failure leaves it queued with nothing stored,
 * or deleted if that is what happened meanwhile (spec/data.md section 1).
 */
export async function uploadImage(scope: Scope, upload: Upload): Promise<void> {
  const { env, config } = scope;
  const storeId = upload.store ?? config.stores[0]?.id ?? "";
  const store = openStores(config, env, scope.requestId).get(storeId);
  if (!store) throw new ServiceError("invalid", `There is no store ${storeId}.`);
  const image = await visibleImage(scope, upload.imageId);
  authorize("upload_image", scope.caller, image);
  if (image.status !== "queued")
    throw new ServiceError(
      "conflict",
      `Image ${image.id} is ${image.status}; only queued images accept an upload.`,
    );
  if (!image.diskFormat || !image.containerFormat)
    throw new ServiceError("invalid", `Image ${image.id} needs a disk_format and a container_format first.`);
  refuseTooLarge(config.limits.imageSizeCapBytes, upload.size);

  const coordinator = coordinatorOf(env, image.id);
  const granted = await ask<Lease | Refusal>(async () =>
    coordinator.beginUpload({
      store: storeId,
      seen: { status: image.status, generation: image.generation },
      ...(upload.size === undefined ? {} : { announcedSize: upload.size }),
    }),
  );
  if (!granted.ok) throw new ServiceError(granted.kind, granted.message);
  using lease = holdLease(coordinator, granted.lease, config.transfers, upload.signal);
  let written: Stored;
  try {
    written = await moveBytes(scope, upload, store, granted.key, lease);
    await checkpoint(config.checkpointUrl, "after-publish", { image: image.id });
  } catch (error) {
    const keyTaken = !lease.lost && error instanceof ServiceError && error.kind === "conflict";
    await coordinator.abort(granted.lease, { keyTaken }).catch((failure) => {
      scope.log.warn("an upload could not be given up; its lease will end", {
        image: image.id,
        ...errorFields(failure),
      });
    });
    throw lease.lost ?? error;
  }
  const committed = await patiently<Done | Refusal>(async () =>
    coordinator.complete(granted.lease, { ...written, store: storeId }),
  );
  if (!committed.ok) throw new ServiceError(committed.kind, committed.message);
}

/** The body goes into the store and the client is heard out, whatever becomes of the bytes. */
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
  // A store that fails before it takes the body leaves it standing: nobody would ever read the pipe.
  const storeGaveUp = new AbortController();
  stored.catch((error) => storeGaveUp.abort(error));
  const source = upload.body ?? new Blob([]).stream();
  const received = receiveBody(source, pipe.writable, {
    signal: AbortSignal.any([lease.signal, storeGaveUp.signal]),
    drain: { bytes: DRAIN_BYTES, seconds: Math.min(DRAIN_SECONDS, config.transfers.stallSeconds) },
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

function refuseTooLarge(capBytes: number, size: number | undefined): void {
  if (size !== undefined && size > capBytes)
    throw new ServiceError(
      "tooLarge",
      `The image is ${size} bytes; this service keeps images of up to ${capBytes}.`,
    );
}

/** An outage between the bytes and the catalogue is met with patience: the bytes took longer than this wait. */
async function patiently<T>(question: () => Promise<T>, tries = 3): Promise<T> {
  for (let left = tries; ; left--) {
    try {
      return await ask(question);
    } catch (error) {
      if (left <= 1) throw error;
      await scheduler.wait(PATIENCE_MILLISECONDS);
    }
  }
}
