import { boundedText } from "../outbound/answers.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { type Patience, patiently } from "./patience.ts";
import { mayPass, type Purpose, refusalOf, S3Oddity, S3Refusal } from "./s3-refusal.ts";
import { type S3Signing, type Signable, signedRequest } from "./s3-signing.ts";
import { Xml } from "./s3-xml.ts";

export interface S3ClientOptions extends S3Signing, Patience {
  /** The store's id, for what callers are told. */
  readonly id: string;
  /** How long the server may take for the head of an answer, and for all of one that is read at once. */
  readonly answerSeconds: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** A stream is sent once: whatever goes wrong then is for the caller. */
export interface S3Request extends Signable {
  readonly purpose: Purpose;
  /** How long a body of that kind may be under way. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** Codes that are an answer here, and no failure. A HEAD has no body to say one: there it is the status. */
  readonly expects?: readonly string[];
}

export type S3Answer =
  | { readonly code: ""; readonly response: Response }
  /** One of the codes that were expected. */
  | { readonly code: string; readonly response?: undefined };

const ERROR_BYTES = 64 * 1024;

/** Signed requests to one bucket. Rejections are `ServiceError`s that name the store, and nothing else. */
export class S3Client {
  readonly #options: S3ClientOptions;

  constructor(options: S3ClientOptions) {
    this.#options = options;
  }

  async ask(request: S3Request): Promise<S3Answer> {
    const once = request.body instanceof ReadableStream;
    const judge = (error: unknown) => ({
      mayPass: !once && mayPass(error),
      retryAfterSeconds: error instanceof S3Refusal ? error.retryAfterSeconds : undefined,
    });
    try {
      return await patiently(() => this.#askOnce(request), judge, this.#options, request.signal);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw this.refusal(error, request.purpose);
    }
  }

  /** Asks for a document. An answer that is none, or that was cut off, is asked for again where it can be. */
  async document(request: S3Request, root: string): Promise<Xml> {
    const read = async () => {
      const { response } = await this.#askOnce(request);
      const text = response ? await this.#textOf(response, DOCUMENT_BYTES, request.seconds) : "";
      const xml = Xml.read(text);
      // A long answer is begun before the server knows how it ends.
      if (xml?.name === "Error") throw refusalIn(xml, 200);
      if (xml?.name !== root) throw new S3Oddity(`the server's answer is no ${root}, or was cut off`);
      return xml;
    };
    const judge = (error: unknown) => ({ mayPass: mayPass(error) });
    try {
      return await patiently(read, judge, this.#options, request.signal);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw this.refusal(error, request.purpose);
    }
  }

  refusal(error: unknown, purpose: Purpose) {
    return refusalOf(error, this.#options.id, purpose);
  }

  async #askOnce(request: S3Request): Promise<S3Answer> {
    const { answerSeconds, fetch: ask = fetch } = this.#options;
    const send = async (signal: AbortSignal) => {
      const { init, url } = await signedRequest(this.#options, request);
      return ask(url, { ...init, signal });
    };
    const response = await withTimeout(request.seconds ?? answerSeconds, send, request.signal);
    if (response.ok) return { code: "", response };
    const refusal = await this.#refusalIn(response);
    if (request.expects?.includes(refusal.code)) return { code: refusal.code };
    throw refusal;
  }

  async #refusalIn(response: Response): Promise<S3Refusal> {
    const { headers, status } = response;
    const after = Number(headers.get("retry-after") ?? Number.NaN);
    const retryAfter = Number.isFinite(after) ? after : undefined;
    const text = await this.#textOf(response, ERROR_BYTES).catch(() => "");
    const xml = Xml.read(text);
    return xml?.name === "Error"
      ? refusalIn(xml, status, retryAfter)
      : new S3Refusal(status, String(status), "", retryAfter);
  }

  /** A short body, in the time of an answer. */
  async #textOf(
    response: Response,
    mostBytes: number,
    seconds = this.#options.answerSeconds,
  ): Promise<string> {
    return withTimeout(seconds, (signal) => boundedText(response, mostBytes, signal));
  }
}

/** A page of a listing: a thousand keys of a kilobyte, and what is said of each. */
const DOCUMENT_BYTES = 4 * 1024 * 1024;

const refusalIn = (xml: Xml, status: number, retryAfterSeconds?: number): S3Refusal =>
  new S3Refusal(status, xml.text("Code") ?? String(status), xml.text("Message") ?? "", retryAfterSeconds);
