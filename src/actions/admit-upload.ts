import { projectUsage } from "../db/project-usage.ts";
import { noRoom } from "../db/reservations.ts";
import { isAdmin } from "../domain/caller.ts";
import { type Refusal, ServiceError } from "../domain/errors.ts";
import type { ImageRecord } from "../domain/image.ts";
import { authorize } from "../domain/policy.ts";
import { mostOf } from "../domain/quotas.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import type { ByRelay, Lease, Nonce } from "../durable/transfers.ts";
import { type Config, defaultStore, isReadOnly } from "../env.ts";
import { RESERVATION_BYTES } from "../limits.ts";
import { limitsOf } from "./project-limits.ts";
import type { Scope } from "./scope.ts";
import { visibleImage } from "./visible-image.ts";

export interface WantedUpload {
  readonly imageId: string;
  /** The number of bytes that the client announced; absent when it does not know. */
  readonly size?: number;
  /** Absent: the default store. */
  readonly store?: string;
}

/** A lease, and the image's id as the catalogue writes it. */
export interface Admitted extends Lease {
  readonly imageId: string;
}

/** The store that an upload goes to. Throws `invalid` for a store that does not exist. */
export function storeOf({ stores }: Config, upload: WantedUpload): string {
  const { store: id } = upload;
  const found = id === undefined ? defaultStore(stores) : stores.find((store) => store.id === id);
  if (!found) throw new ServiceError("invalid", `There is no store ${id}.`);
  return found.id;
}

/**
 * Refuses an upload for whose announced size the project has no room, before anything is looked up (spec/data.md
 * section 1.1). An administrator's upload may be charged to another project, so for administrators the check is made
 * when the upload begins.
 */
export async function refuseWithoutRoom(scope: Scope, { size = 0 }: WantedUpload): Promise<void> {
  const { projectId } = scope.caller;
  if (projectId === null || isAdmin(scope.caller)) return;
  const { unified } = await limitsOf(scope, projectId);
  const { bytes: most } = mostOf({ storageBytes: null, ...(unified ? { unified } : {}) });
  if (most === null) return;
  const { bytes, reservedBytes } = await projectUsage(scope.env.DB, projectId);
  if (bytes + reservedBytes + size > most) throw new ServiceError("tooLarge", noRoom(projectId, most));
}

/**
 * Every check of an upload that can be made without beginning it, in the order of spec/data.md section 1.1. Returns the
 * image as it was read.
 */
export async function uploadableImage(scope: Scope, upload: WantedUpload): Promise<ImageRecord> {
  const { config } = scope;
  const store = storeOf(config, upload);
  const image = await visibleImage(scope, upload.imageId);
  authorize("upload_image", scope.caller, image);
  if (image.status !== "queued")
    throw new ServiceError(
      "conflict",
      `Image ${image.id} is ${image.status}; only queued images accept an upload.`,
    );
  if (!image.diskFormat || !image.containerFormat)
    throw new ServiceError("invalid", `Image ${image.id} needs a disk_format and a container_format first.`);
  // A read-only store, such as http (spec/data.md section 1.2).
  if (config.stores.some((known) => known.id === store && isReadOnly(known)))
    throw new ServiceError("gone", `The store ${store} cannot be written.`);
  refuseTooLarge(config.limits.imageSizeCapBytes, upload.size);
  return image;
}

/** Begins an upload that has passed the checks: the image becomes `saving`, and the writer gets the lease. */
export async function admitUpload(
  scope: Scope,
  upload: WantedUpload,
  how: { readonly relay?: ByRelay; readonly nonce?: Nonce; readonly firstStep?: number } = {},
): Promise<Admitted> {
  const { relay, nonce, firstStep = RESERVATION_BYTES.first } = how;
  const image = await uploadableImage(scope, upload);
  const store = storeOf(scope.config, upload);
  const most = mostOf(await limitsOf(scope, image.owner));
  const coordinator = coordinatorOf(scope.env, image.id);
  const granted = await ask<Lease | Refusal>(async () =>
    coordinator.beginUpload({
      store,
      seen: { status: image.status, generation: image.generation },
      ...(upload.size === undefined ? {} : { announcedSize: upload.size }),
      reserve: { most, step: firstStep, ...(upload.size === undefined ? {} : { size: upload.size }) },
      ...(relay === undefined ? {} : { relay }),
      ...(nonce === undefined ? {} : { nonce }),
    }),
  );
  if (!granted.ok) throw new ServiceError(granted.kind, granted.message);
  return { ...granted, imageId: image.id };
}

function refuseTooLarge(capBytes: number, size: number | undefined): void {
  if (size !== undefined && size > capBytes)
    throw new ServiceError(
      "tooLarge",
      `The image is ${size} bytes; this service keeps images of up to ${capBytes}.`,
    );
}
