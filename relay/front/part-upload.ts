import type { Control, UploadGrant } from "../../protocol/control.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import type { HashAlgo, PutOptions } from "../../src/stores/contract.ts";
import { pump } from "../../src/stores/pump.ts";
import type { Digest, HashThreads } from "../hashing/hash-threads.ts";
import type { PartBuffers } from "../part-buffers.ts";
import type { Edge, Headers } from "./edge.ts";
import { accepted, type HeldLease } from "./lease.ts";

export interface PartUpload {
  readonly edge: Edge;
  readonly threads: HashThreads;
  readonly buffers: PartBuffers;
  readonly image: string;
  readonly grant: Extract<UploadGrant, { how: "parts" }>;
  readonly lease: HeldLease;
  /** Identify the caller, and the request's id. */
  readonly headers: Headers;
}

type How = PutOptions & { readonly hashAlgo: HashAlgo; readonly signal: AbortSignal };

/** Sends a body to the edge in parts, hashed on the way. A part that an outage interrupted is sent again. */
export async function uploadInParts(body: ReadableStream<Uint8Array>, how: How, upload: PartUpload) {
  const { hashAlgo } = how;
  const digests = upload.threads.open(["md5", hashAlgo]);
  const parts = new Parts(upload, digests, how.signal);
  try {
    const size = await pump(body, how, (chunk) => parts.write(chunk));
    await parts.finish();
    const [checksum = "", hashValue = ""] = await Promise.all(digests.map((digest) => digest.finish()));
    return { size, checksum, hashAlgo, hashValue };
  } finally {
    await parts.close();
    for (const digest of digests) digest.close();
  }
}

/** Fills one buffer while the other, if there is one, is hashed and sent. */
class Parts {
  readonly #upload: PartUpload;
  readonly #digests: readonly Digest[];
  readonly #signal: AbortSignal;
  #buffer: SharedArrayBuffer | undefined;
  #filled = 0;
  #number = 0;
  /** The unfinished part of the last `write`. */
  #writing: Promise<void> | undefined;
  #sending: Promise<void> | undefined;

  constructor(upload: PartUpload, digests: readonly Digest[], signal: AbortSignal) {
    this.#upload = upload;
    this.#digests = digests;
    this.#signal = signal;
  }

  write(chunk: Uint8Array): Promise<void> {
    this.#writing = this.#write(chunk);
    return this.#writing;
  }

  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#send();
    await this.#sending;
  }

  async close(): Promise<void> {
    // The pump no longer waits for a pending write, which goes on to the next part.
    await this.#writing?.catch(() => {});
    await this.#sending?.catch(() => {});
    if (this.#buffer) this.#upload.buffers.giveBack(this.#buffer);
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      this.#buffer ??= await this.#takeBuffer();
      const piece = chunk.subarray(at, at + this.#buffer.byteLength - this.#filled);
      new Uint8Array(this.#buffer).set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
      if (this.#filled === this.#buffer.byteLength) await this.#send();
    }
  }

  /**
   * Waits for the part that is being sent to return its buffer. Takes an additional buffer only if no other upload has
   * to wait because of it.
   */
  async #takeBuffer(): Promise<SharedArrayBuffer> {
    const { buffers, grant, lease } = this.#upload;
    const bytes = Math.min(grant.partBytes, grant.size ?? grant.partBytes);
    this.#signal.throwIfAborted();
    const spare = this.#sending && buffers.spare(bytes);
    if (spare) return spare;
    await this.#sending;
    using _rest = lease.rest();
    return await buffers.take(bytes, this.#signal);
  }

  /** One part at a time: the edge hears of parts in order, and two buffers suffice. */
  async #send(): Promise<void> {
    const { maxParts, partBytes } = this.#upload.grant;
    const buffer = this.#buffer as SharedArrayBuffer;
    const bytes = this.#filled;
    if (++this.#number > maxParts)
      throw new ServiceError(
        "tooLarge",
        `Image data of unknown length can be at most ${partBytes * maxParts} bytes here. Send its length, in Content-Length or X-OpenStack-Image-Size.`,
      );
    await this.#sending;
    this.#buffer = undefined;
    this.#filled = 0;
    const sending = this.#process(buffer, bytes, this.#number).finally(() => {
      this.#upload.buffers.giveBack(buffer);
    });
    sending.then(
      () => {
        if (this.#sending === sending) this.#sending = undefined;
      },
      () => {},
    );
    this.#sending = sending;
  }

  async #process(buffer: SharedArrayBuffer, bytes: number, number: number): Promise<void> {
    const results = await Promise.allSettled([
      ...this.#digests.map((digest) => digest.update(buffer, bytes)),
      this.#put(new Uint8Array(buffer, 0, bytes), number),
    ]);
    // Only now is the buffer free, even if something failed.
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #put(part: Uint8Array, number: number): Promise<void> {
    const { edge, headers, image, grant, lease } = this.#upload;
    const control: Control = { what: "part", image, lease: grant.lease, number };
    let furthest = 0;
    await lease.withRetry(async () => {
      this.#signal.throwIfAborted();
      let at = 0;
      // Bytes that are sent again are no progress: a line that breaks every time is not retried for ever.
      const sent = (bytes: number) => {
        at += bytes;
        if (at <= furthest) return;
        lease.moved(at - furthest);
        furthest = at;
      };
      const how = { part, headers, sent, signal: this.#signal };
      (await accepted(await edge.control(control, how))).body.resume();
    });
  }
}
