import { type BlobKey, type PartTaken, type PartUploads, taken } from "./contract.ts";
import { IF_ABSENT, onR2 } from "./r2-target.ts";

/** Distinguishes the blob made by this upload from any other, so that a repeated completion recognises its own. */
interface Upload {
  readonly mark: string;
  readonly id: string;
}

/** R2's multipart uploads. The caller must keep their ids: R2 does not list uploads. */
export class R2Parts implements PartUploads {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async create(key: BlobKey): Promise<string> {
    const mark = crypto.randomUUID();
    const { uploadId } = await onR2(() =>
      this.#bucket.createMultipartUpload(key, { customMetadata: { upload: mark } }),
    );
    return `${mark}/${uploadId}`;
  }

  async put(
    key: BlobKey,
    upload: string,
    part: { number: number; bytes: number },
    body: ReadableStream<Uint8Array>,
  ): Promise<string> {
    // R2 accepts only streams of known length, and drops a part that is shorter.
    const sized = body.pipeThrough(new FixedLengthStream(part.bytes));
    const taken = await onR2(() => this.#open(key, upload).uploadPart(part.number, sized));
    return taken.etag;
  }

  /** The binding has no conditional completion, so the key is checked just before; keys are used once. */
  async complete(key: BlobKey, upload: string, parts: readonly PartTaken[]): Promise<void> {
    const { mark } = read(upload);
    const found = await onR2(() => this.#bucket.head(key));
    if (found?.customMetadata?.upload === mark) return;
    if (found) throw taken(key);
    if (parts.length === 0) return this.#empty(key, upload);
    await onR2(() =>
      this.#open(key, upload).complete(parts.map(({ number, etag }) => ({ partNumber: number, etag }))),
    );
  }

  async abort(key: BlobKey, upload: string): Promise<void> {
    await onR2(() => this.#open(key, upload).abort());
  }

  /** R2 cannot make an object without parts. */
  async #empty(key: BlobKey, upload: string): Promise<void> {
    const options = { ...IF_ABSENT, customMetadata: { upload: read(upload).mark } };
    if (!(await onR2(() => this.#bucket.put(key, new Uint8Array(), options)))) throw taken(key);
    await this.abort(key, upload).catch(() => {});
  }

  #open(key: BlobKey, upload: string): R2MultipartUpload {
    return this.#bucket.resumeMultipartUpload(key, read(upload).id);
  }
}

function read(upload: string): Upload {
  const at = upload.indexOf("/");
  return { mark: upload.slice(0, at), id: upload.slice(at + 1) };
}
