import type { BlobKey, PartTaken, PartUploads } from "./contract.ts";
import type { StorePlatform } from "./platform.ts";
import type { S3Objects } from "./s3-objects.ts";

/** S3's multipart uploads. The caller must keep their ids. */
export class S3Parts implements PartUploads {
  readonly #objects: S3Objects;
  readonly #platform: StorePlatform;
  readonly #prepare: () => Promise<void>;

  constructor(objects: S3Objects, platform: StorePlatform, prepare: () => Promise<void>) {
    this.#objects = objects;
    this.#platform = platform;
    this.#prepare = prepare;
  }

  async create(key: BlobKey): Promise<string> {
    await this.#prepare();
    const mark = crypto.randomUUID();
    return `${mark}/${await this.#objects.begin(key, mark)}`;
  }

  async put(
    key: BlobKey,
    upload: string,
    { bytes, number }: { number: number; bytes: number },
    body: ReadableStream<Uint8Array>,
  ): Promise<string> {
    // A server needs a part's length, and rejects a part that is shorter.
    const sized = body.pipeThrough(this.#platform.pipe(bytes));
    const seconds = this.#objects.secondsFor(bytes);
    const part = { number, bytes, seconds, body: sized };
    return (await this.#objects.putPart(key, read(upload).id, part)).etag;
  }

  async complete(key: BlobKey, upload: string, parts: readonly PartTaken[]): Promise<void> {
    const { id, mark } = read(upload);
    if (parts.length > 0) return this.#objects.complete(key, mark, id, parts);
    // S3 cannot make an object without parts.
    await this.#objects.put(key, mark, { body: new Uint8Array(), bytes: 0 });
    await this.#objects.drop(key, id).catch(() => undefined);
  }

  abort(key: BlobKey, upload: string): Promise<void> {
    return this.#objects.drop(key, read(upload).id);
  }
}

function read(upload: string): { mark: string; id: string } {
  const at = upload.indexOf("/");
  return { mark: upload.slice(0, at), id: upload.slice(at + 1) };
}
