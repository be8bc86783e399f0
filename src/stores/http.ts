import { ServiceError } from "../domain/errors.ts";
import { discard, lengthOf } from "../outbound/answers.ts";
import { withTimeout } from "../outbound/timeout.ts";
import {
  type BlobInfo,
  clipRange,
  type ImageReader,
  type Location,
  type OpenBlob,
  type Range,
} from "./contract.ts";
import { type AddressRules, checkedUrl } from "./http-address.ts";
import { pieceOf } from "./http-body.ts";

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpStoreOptions extends AddressRules {
  /** Reaches anything that this machine can; for the hosts that the operator lists. */
  readonly fetch?: Fetch;
  /** Reaches only public addresses, whatever a name resolves to. */
  readonly publicFetch?: Fetch;
  /** How long each server may take until the head of its answer. */
  readonly answerSeconds?: number;
  /** A body that delivers too little in this time is given up, because reading it would never end. */
  readonly idleSeconds?: number;
}

/** The redirects of spec/stores.md section 3, and the two that only differ in keeping the method. */
const REDIRECTS = new Set([301, 302, 307, 308]);
const MOST_HOPS = 5;
const DEFAULTS = { answerSeconds: 30, idleSeconds: 120 };

/** A content coding would change the bytes that are counted and hashed. */
const PLAIN = { "accept-encoding": "identity" };

/**
 * Images on any web server, read but never written (spec/stores.md section 3). Callers name the servers, so each hop is
 * checked before it is requested. Requests contain nothing that identifies this service, except what workerd adds
 * (`CF-Worker`, the zone's name). A length that the server states is not trusted until the bytes have arrived.
 */
export class HttpStore implements ImageReader {
  readonly can = { range: true };
  readonly #options: HttpStoreOptions & typeof DEFAULTS;

  constructor(options: HttpStoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  async stat(location: Location): Promise<BlobInfo> {
    const head = await this.#ask(location, "HEAD", {});
    const size = head.status === 200 && isPlain(head) ? lengthOf(head) : undefined;
    if (size !== undefined) return { size };
    if (isGone(head)) throw notFound();
    // Works with servers that do not support HEAD, and with URLs signed for GET only.
    const first = await this.#ask(location, "GET", { range: "bytes=0-0" });
    await discard(first);
    if (first.status === 206 || first.status === 416) return { size: sizeInRange(first) };
    requireGood(first);
    return { size: knownLength(first) };
  }

  async get(location: Location, range?: Range, signal?: AbortSignal): Promise<OpenBlob> {
    signal?.throwIfAborted();
    if (range) clipRange(range, Number.MAX_SAFE_INTEGER);
    const asked = range ? { range: `bytes=${range.start}-${range.end ?? ""}` } : {};
    const response = await this.#ask(location, "GET", asked, signal);
    try {
      return this.#opened(response, range);
    } catch (error) {
      await discard(response);
      throw error;
    }
  }

  #opened(response: Response, range: Range | undefined): OpenBlob {
    // A 416 states the blob's length; whether the range lies past its end is checked here.
    if (range && response.status === 416) {
      clipRange(range, sizeInRange(response));
      throw refused("says of a range that it cannot be had");
    }
    const ranged = range !== undefined && response.status === 206;
    if (!ranged) requireGood(response);
    const size = ranged ? sizeInRange(response) : knownLength(response);
    const { start, length } = clipRange(range, size);
    if (ranged && !isRange(response, start, length)) throw refused("answers with another range");
    const { idleSeconds } = this.#options;
    const body = pieceOf(response.body, { skip: ranged ? 0 : start, length, idleSeconds });
    const version = response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined;
    return {
      size,
      body,
      ...(version === undefined ? {} : { version }),
      ...(range && !ranged ? { readsFromStart: true } : {}),
    };
  }

  /** The answer of the last hop. Each hop is checked like the first: a public server may redirect anywhere. */
  async #ask(
    location: Location,
    method: "GET" | "HEAD",
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    let next = location;
    for (let hop = 0; hop <= MOST_HOPS; hop++) {
      const response = await this.#askOnce(next, method, headers, signal);
      if (!REDIRECTS.has(response.status)) return response;
      await discard(response);
      const to = response.headers.get("location");
      if (!to || !URL.canParse(to, next)) throw refused("redirects to nowhere");
      // An absolute URL is kept as it is spelled: parsing could hide what the check refuses.
      next = /^[a-z][a-z0-9+.-]*:/i.test(to) ? to : new URL(to, next).href;
    }
    throw refused(`redirects more than ${MOST_HOPS} times`);
  }

  async #askOnce(
    location: Location,
    method: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { url, listed } = checkedUrl(location, this.#options);
    const { answerSeconds, fetch: anyFetch = fetch, publicFetch = anyFetch } = this.#options;
    const init = { method, redirect: "manual", headers: { ...PLAIN, ...headers } } as const;
    const send = (until: AbortSignal) =>
      (listed ? anyFetch : publicFetch)(url.href, { ...init, signal: until });
    try {
      return await withTimeout(answerSeconds, send, signal);
    } catch (cause) {
      throw signal?.aborted ? signal.reason : unreachable(cause);
    }
  }
}

const notFound = () => new ServiceError("notFound", "The web server has no such image data.");
const refused = (what: string) => new ServiceError("invalid", `The web server of the location ${what}.`);
const unreachable = (cause: unknown) =>
  new ServiceError("unavailable", "The web server of the location cannot be reached.", { cause });

const isGone = ({ status }: Response): boolean => status === 404 || status === 410;
const isBusy = ({ status }: Response): boolean => status >= 500 || status === 408 || status === 429;

function requireGood(response: Response): void {
  if (isGone(response)) throw notFound();
  if (isBusy(response)) throw unreachable(new Error(`it answered ${response.status}`));
  if (response.status !== 200) throw refused(`answers ${response.status}`);
}

const isPlain = ({ headers }: Response): boolean =>
  ["", "identity"].includes((headers.get("content-encoding") ?? "").trim().toLowerCase());

function knownLength(response: Response): number {
  if (!isPlain(response)) throw refused("sends the data compressed");
  const length = lengthOf(response);
  if (length === undefined) throw refused("does not tell how long the data is");
  return length;
}

const CONTENT_RANGE = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(\d{1,16})$/;

function sizeInRange(response: Response): number {
  if (!isPlain(response)) throw refused("sends the data compressed");
  const size = Number(CONTENT_RANGE.exec(response.headers.get("content-range") ?? "")?.[3] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw refused("does not tell how long the data is");
  return size;
}

function isRange({ headers }: Response, start: number, length: number): boolean {
  const said = CONTENT_RANGE.exec(headers.get("content-range") ?? "");
  return Number(said?.[1]) === start && Number(said?.[2]) === start + length - 1;
}
