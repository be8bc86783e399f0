import { ServiceError } from "../domain/errors.ts";
import { type BlobKey, type PartTaken, taken } from "./contract.ts";
import type { PartsTarget, Sent, SinkTarget } from "./sinks.ts";

/** A put must not replace an existing object. */
export const IF_ABSENT = { onlyIf: { etagDoesNotMatch: "*" } };

/** Translates R2's errors. */
export async function onR2<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ServiceError("unavailable", "The object store does not answer as it should.", { cause });
  }
}

/** A key of the bucket. The binding takes no signal: a request ends when its stream breaks. */
export class R2Target implements SinkTarget {
  readonly #bucket: R2Bucket;
  readonly #key: BlobKey;

  constructor(bucket: R2Bucket, key: BlobKey) {
    this.#bucket = bucket;
    this.#key = key;
  }

  async put(body: Sent): Promise<void> {
    if (!(await onR2(() => this.#bucket.put(this.#key, body, IF_ABSENT)))) throw taken(this.#key);
  }

  async begin(): Promise<PartsTarget> {
    const upload = await onR2(() => this.#bucket.createMultipartUpload(this.#key));
    return {
      put: async (number: number, body: Sent) => {
        const { etag } = await onR2(() => upload.uploadPart(number, body));
        return { number, etag };
      },
      complete: async (parts: readonly PartTaken[]) => {
        await onR2(() => upload.complete(parts.map(({ number, etag }) => ({ partNumber: number, etag }))));
      },
      // What this cannot abort, R2 drops days later.
      abort: () => upload.abort(),
    };
  }
}
