import { boundedText } from "../outbound/answers.ts";
import { type Patience, withRetry } from "../outbound/retry.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { mayPass, type Purpose, refusalOf, S3Refusal, UnexpectedAnswer } from "./s3-refusal.ts";
import { type S3Signing, type Signable, signedRequest } from "./s3-signing.ts";
import { Xml } from "./s3-xml.ts";

export interface S3ClientOptions extends S3Signing, Patience {
  /** The store's id, for error messages. */
  readonly id: string;
  /** How long the server may take until the head of an answer, and for the whole of an answer that is read at once. */
  readonly answerSeconds: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** A stream is sent only once; if that fails, the caller deals with it. */
export interface S3Request extends Signable {
  readonly purpose: Purpose;
  /** How long a streamed body may be on its way. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /**
   * Error codes that count as an answer here, not as a failure. A HEAD has no body with a code; its status is used
   * instead.
   */
  readonly expects?: readonly string[];
}

export type S3Answer =
  | { readonly code: ""; readonly response: Response }
  /** One of the expected codes. */
  | { readonly code: string; readonly response?: undefined };

const ERROR_BYTES = 64 * 1024;

/** Signed requests to one bucket. Rejections are `ServiceError`s whose message gives nothing but the store's name. */
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
      return await withRetry(() => this.#askOnce(request), judge, this.#options, request.signal);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw this.refusal(error, request.purpose);
    }
  }

  /** Requests a document. If the answer is none, or incomplete, the request is repeated if it can be. */
  async document(request: S3Request, root: string): Promise<Xml> {
    const read = async () => {
      const { response } = await this.#askOnce(request);
      const text = response ? await this.#textOf(response, DOCUMENT_BYTES, request.seconds) : "";
      const xml = Xml.read(text);
      // The server begins a long answer before it knows the outcome.
      if (xml?.name === "Error") throw refusalIn(xml, 200);
      if (xml?.name !== root) throw new UnexpectedAnswer(`the server's answer is no ${root}, or was cut off`);
      return xml;
    };
    const judge = (error: unknown) => ({ mayPass: mayPass(error) });
    try {
      return await withRetry(read, judge, this.#options, request.signal);
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason;
      throw this.refusal(error, request.purpose);
    }
  }

  /**
   * The pages of a listing. `after` gives the query for what follows a page. Rejects if the server says that more
   * follows, but not from where: it would be asked for the same page for ever.
   */
  async *pages(
    request: S3Request,
    root: string,
    after: (page: Xml) => Record<string, string | undefined>,
  ): AsyncGenerator<Xml> {
    let from: Record<string, string> = {};
    for (;;) {
      const page = await this.document({ ...request, query: { ...request.query, ...from } }, root);
      yield page;
      if (page.text("IsTruncated") !== "true") return;
      const next = Object.entries(after(page)).filter((marker): marker is [string, string] => !!marker[1]);
      if (next.every(([name, marker]) => from[name] === marker))
        throw this.refusal(new UnexpectedAnswer("the server's listing does not go on"), request.purpose);
      from = Object.fromEntries(next);
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

  /** Reads a short body, within the time limit for an answer. */
  async #textOf(
    response: Response,
    mostBytes: number,
    seconds = this.#options.answerSeconds,
  ): Promise<string> {
    return withTimeout(seconds, (signal) => boundedText(response, mostBytes, signal));
  }
}

/** A page of a listing: a thousand keys of up to a kilobyte, and their metadata. */
const DOCUMENT_BYTES = 4 * 1024 * 1024;

const refusalIn = (xml: Xml, status: number, retryAfterSeconds?: number): S3Refusal =>
  new S3Refusal(status, xml.text("Code") ?? String(status), xml.text("Message") ?? "", retryAfterSeconds);
