import { ServiceError } from "../domain/errors.ts";
import { discard, lengthOf } from "../outbound/answers.ts";
import { type BlobKey, type PartTaken, taken } from "./contract.ts";
import type { S3Client } from "./s3-client.ts";
import { S3Refusal, UnexpectedAnswer } from "./s3-refusal.ts";
import { completionXml } from "./s3-xml.ts";
import type { Sent } from "./sinks.ts";

/**
 * Distinguishes what one attempt wrote from any other's, so that a writer that lost an answer recognises its own
 * object.
 */
const MARK = "x-amz-meta-glimpse-attempt";

/** Codes of a server that does not support a header, or does not allow uploads to be listed. */
const UNKNOWN = new Set(["NotImplemented", "501"]);
const NOT_LISTED = new Set(["AccessDenied", "NotImplemented", "MethodNotAllowed", "403", "405", "501"]);

/** Buckets whose server refuses conditional requests instead of obeying or ignoring the condition. */
const unconditional = new Set<string>();

export interface S3Found {
  /** Undefined if the server does not say. */
  readonly size: number | undefined;
  readonly mark: string | null;
}

export interface S3ObjectsOptions {
  /** The bucket's name, unique in this process. */
  readonly name: string;
  readonly answerSeconds: number;
  /** A body that moves more slowly than this is given up. */
  readonly leastBytesPerSecond: number;
}

/**
 * Objects that are written once and never replaced. If the server's answer is lost, the mark shows whether it did its
 * work. radosgw obeys the condition of a put and ignores that of a completion, and answers a completion with success
 * even if there is no such upload but an object: then only the mark shows whose it is.
 */
export class S3Objects {
  readonly #client: S3Client;
  readonly #options: S3ObjectsOptions;

  constructor(client: S3Client, options: S3ObjectsOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** A HEAD cannot distinguish a missing bucket from a missing key; a caller that must know asks further. */
  async find(key: BlobKey): Promise<S3Found | undefined> {
    const { response } = await this.#client
      .ask({ method: "HEAD", purpose: "read", key, expects: ["404", "NoSuchKey"] })
      .catch((error: unknown) => this.#refusedFor(key, error));
    if (!response) return undefined;
    return { size: lengthOf(response), mark: response.headers.get(MARK) };
  }

  async put(
    key: BlobKey,
    mark: string,
    sent: { readonly body: Sent; readonly bytes: number; readonly signal?: AbortSignal },
  ): Promise<void> {
    const { body, bytes, signal } = sent;
    const conditional = !unconditional.has(this.#options.name);
    try {
      const { code, response } = await this.#client.ask({
        method: "PUT",
        purpose: "write",
        key,
        headers: { ...this.#condition(), [MARK]: mark },
        body,
        seconds: this.#secondsFor(body, bytes),
        ...(signal ? { signal } : {}),
        expects: ["PreconditionFailed", "412", ...(conditional ? UNKNOWN : [])],
      });
      await discard(response);
      if (response && conditional) return;
      if (UNKNOWN.has(code)) return await this.#putUnconditionally(key, mark, sent);
    } catch (error) {
      const failure = this.#client.refusal(error, "write");
      if (!failure.retryable || !(await this.#isOurs(key, mark))) throw failure;
      return;
    }
    if ((await this.find(key))?.mark !== mark) throw taken(key);
  }

  async begin(key: BlobKey, mark: string): Promise<string> {
    const answer = await this.#client.document(
      { method: "POST", purpose: "write", key, query: { uploads: "" }, headers: { [MARK]: mark } },
      "InitiateMultipartUploadResult",
    );
    return answer.text("UploadId") ?? "";
  }

  async putPart(
    key: BlobKey,
    upload: string,
    part: { number: number; body: Sent; bytes: number; seconds?: number; signal?: AbortSignal },
  ): Promise<PartTaken> {
    const { body, bytes, number, seconds = this.#secondsFor(body, bytes), signal } = part;
    const { response } = await this.#client.ask({
      method: "PUT",
      purpose: "write",
      key,
      query: { partNumber: String(number), uploadId: upload },
      body,
      seconds,
      ...(signal ? { signal } : {}),
    });
    await discard(response);
    return { number, etag: response?.headers.get("etag") ?? "" };
  }

  /** Succeeds if repeated. */
  async complete(key: BlobKey, mark: string, upload: string, parts: readonly PartTaken[]): Promise<void> {
    if (await this.#ours(key, mark)) return;
    try {
      await this.#client.document(
        {
          method: "POST",
          purpose: "write",
          key,
          query: { uploadId: upload },
          headers: this.#condition(),
          body: completionXml(parts),
          // A server may copy nothing and still look at each of ten thousand parts.
          seconds: this.#options.answerSeconds * 3,
        },
        "CompleteMultipartUploadResult",
      );
    } catch (error) {
      if (isUnknown(error) && !unconditional.has(this.#options.name)) {
        unconditional.add(this.#options.name);
        return this.complete(key, mark, upload, parts);
      }
      if (!(await this.#ours(key, mark))) throw error;
    }
    if (!(await this.#ours(key, mark)))
      throw this.#client.refusal(new UnexpectedAnswer("it says complete, and there is no object"), "write");
    // Attempts whose answers were lost have created further uploads.
    await this.dropUploads(key).catch(() => undefined);
  }

  /** Succeeds if there is no such upload. */
  async drop(key: BlobKey, upload: string): Promise<void> {
    const { response } = await this.#client.ask({
      method: "DELETE",
      purpose: "write",
      key,
      query: { uploadId: upload },
      expects: ["NoSuchUpload", "NoSuchKey", "404"],
    });
    await discard(response);
  }

  /** Drops every upload of exactly this key, whoever started it. */
  async dropUploads(key: BlobKey): Promise<void> {
    for (const upload of await this.#uploadsOf(key)) await this.drop(key, upload);
  }

  /** None if the server does not allow them to be listed. */
  async #uploadsOf(key: BlobKey): Promise<string[]> {
    const request = { method: "GET", purpose: "read", query: { uploads: "", prefix: key } } as const;
    const pages = this.#client.pages(request, "ListMultipartUploadsResult", (page) => ({
      "key-marker": page.text("NextKeyMarker"),
      "upload-id-marker": page.text("NextUploadIdMarker"),
    }));
    const uploads: string[] = [];
    try {
      for await (const page of pages)
        for (const upload of page.all("Upload"))
          if (upload.text("Key") === key) uploads.push(upload.text("UploadId") ?? "");
    } catch (error) {
      if (!NOT_LISTED.has(codeOf(error))) throw error;
    }
    return uploads;
  }

  /** Finds out why a HEAD was refused, whose answer has no body to say so: credentials, clock or permissions. */
  async #refusedFor(key: BlobKey, error: unknown): Promise<never> {
    if (/^4/.test(codeOf(error))) {
      const asked = { method: "GET", purpose: "read", key, headers: { range: "bytes=0-0" } } as const;
      const { response } = await this.#client.ask(asked);
      await discard(response);
    }
    throw error;
  }

  #condition(): Record<string, string> {
    return unconditional.has(this.#options.name) ? {} : { "if-none-match": "*" };
  }

  /**
   * Sends the body once more without the condition, unless it was a stream; then only the caller's next attempt will.
   */
  async #putUnconditionally(
    key: BlobKey,
    mark: string,
    sent: Parameters<S3Objects["put"]>[2],
  ): Promise<void> {
    unconditional.add(this.#options.name);
    if (sent.body instanceof ReadableStream)
      throw this.#client.refusal(new UnexpectedAnswer("it knows no conditional put"), "write");
    return this.put(key, mark, sent);
  }

  /** Whether this attempt wrote what is under the key. Rejects `conflict` if something else is there. */
  async #ours(key: BlobKey, mark: string): Promise<boolean> {
    const found = await this.find(key);
    if (found && found.mark !== mark) throw taken(key);
    return found !== undefined;
  }

  async #isOurs(key: BlobKey, mark: string): Promise<boolean> {
    return (await this.find(key).catch(() => undefined))?.mark === mark;
  }

  /** A streamed body is timed piece by piece elsewhere. */
  #secondsFor(body: Sent, bytes: number): number {
    return body instanceof ReadableStream ? Number.POSITIVE_INFINITY : this.secondsFor(bytes);
  }

  /** The time limit for this many bytes that are not timed piece by piece. */
  secondsFor(bytes: number): number {
    return this.#options.answerSeconds + bytes / this.#options.leastBytesPerSecond;
  }
}

const codeOf = (error: unknown): string => {
  const cause = error instanceof ServiceError ? error.cause : error;
  return cause instanceof S3Refusal ? cause.code : "";
};

const isUnknown = (error: unknown): boolean => UNKNOWN.has(codeOf(error));
