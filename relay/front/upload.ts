import { type BeginUpload, UPLOAD_HEADERS, type UploadGrant } from "../../protocol/control.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import type { HashAlgo, ImageStore, Stored } from "../../src/stores/contract.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";
import type { PartBuffers } from "../part-buffers.ts";
import type { Visit } from "../visits.ts";
import { jsonOf } from "./control-answer.ts";
import type { Headers } from "./edge.ts";
import { callerHeaders } from "./headers.ts";
import { accepted, HeldLease } from "./lease.ts";
import { uploadInParts } from "./part-upload.ts";
import { type PassOptions, passOn, passThrough } from "./pass.ts";
import { requestBody } from "./request-body.ts";
import { unusedIn } from "./unused-keys.ts";

export interface UploadOptions extends PassOptions {
  readonly stores: ReadonlyMap<string, ImageStore>;
  readonly threads: HashThreads;
  readonly buffers: PartBuffers;
}

type Written = Omit<Stored, "location">;

/**
 * `PUT /v2/images/{id}/file`. Before a byte is read, the edge decides whether the upload is allowed, under which key
 * and into which store. The bytes go into this site's store, or to the edge in parts. The client is told of success
 * once the edge has committed it.
 */
export async function upload(visit: Visit, image: string, options: UploadOptions): Promise<void> {
  const { edge, site, idleSeconds } = options;
  const headers = { ...callerHeaders(visit.request, visit.requestId), ...(await edge.siteHeaders(site)) };
  const unused = await unusedIn(options.stores, image);
  const json: BeginUpload = {
    ...{ boot: edge.boot, headers: uploadHeaders(visit), asksForMore: true },
    ...(unused ? { unused } : {}),
  };
  const begun = await accepted(await edge.control({ what: "uploads", image }, { headers, json }));
  const grant = (await jsonOf(begun)) as UploadGrant;
  if (grant.how === "forward") return passThrough(visit, options);
  using lease = new HeldLease({ edge, image, grant, headers });
  let written: Written;
  try {
    written = await moveBytes(visit, grant, { ...options, image, lease, headers });
  } catch (error) {
    // Only the edge removes what is being written, and it knows why.
    if (error instanceof ServiceError && error.kind === "gone") await lease.confirm();
    const keyTaken = !lease.lost && error instanceof ServiceError && error.kind === "conflict";
    // If the edge is away, the lease expires by itself.
    await lease.conclude("abort", { keyTaken }).catch((failure) => {
      visit.log.warn({ err: failure, image }, "an upload could not be given up; its lease will end");
    });
    throw lease.lost ?? error;
  }
  const { size, checksum, hashAlgo, hashValue } = written;
  await passOn(
    visit,
    await commit(lease, { size, checksum, hashAlgo, hashValue }, grant, options),
    idleSeconds,
  );
}

async function moveBytes(
  visit: Visit,
  grant: Exclude<UploadGrant, { how: "forward" }>,
  options: UploadOptions & { readonly image: string; readonly lease: HeldLease; readonly headers: Headers },
): Promise<Written> {
  const { lease } = options;
  const body = requestBody(visit.request, {
    begin: visit.sendContinue,
    admit: (bytes) => lease.admit(bytes),
    moved: (bytes) => lease.moved(bytes),
    ended: () => {
      // Syncing a large file takes the disk a while. An upload in parts keeps moving.
      if (grant.how === "store") lease.rest();
    },
    broken: visit.broken,
  });
  const how = {
    maxBytes: grant.maxBytes,
    hashAlgo: grant.hashAlgo as HashAlgo,
    signal: AbortSignal.any([lease.signal, visit.gone]),
    ...(grant.size === undefined ? {} : { size: grant.size }),
  };
  if (grant.how === "parts") return uploadInParts(body, how, { ...options, grant });
  const store = options.stores.get(grant.store);
  if (!store || store.locationOf(grant.key) !== grant.location)
    throw new ServiceError("unavailable", `The store ${grant.store} is not kept here as the edge believes.`);
  return store.put(grant.key, body, { ...how, waiting: () => lease.rest() });
}

/**
 * If the edge refuses, the bytes belong to no image. If it does not answer, it may have accepted them, so they stay.
 */
async function commit(lease: HeldLease, written: Written, grant: UploadGrant, { stores }: UploadOptions) {
  try {
    return await lease.conclude("complete", written);
  } catch (error) {
    const refused = error instanceof ServiceError && !error.retryable;
    if (refused && grant.how === "store")
      await stores
        .get(grant.store)
        ?.delete(grant.location)
        .catch(() => {});
    throw error;
  }
}

function uploadHeaders({ request }: Visit): Record<string, string> {
  const said: Record<string, string> = {};
  for (const name of UPLOAD_HEADERS) {
    const value = request.headers[name];
    if (value !== undefined) said[name] = String(value);
  }
  return said;
}
