import { endpointIn, withoutVersion } from "./catalogue.ts";
import { ClientError, refusal } from "./errors.ts";
import { authenticate, type Credentials, identityRoot, type Token } from "./keystone.ts";
import { fetchTransport, type HttpResponse, type Transport, textOf } from "./transport.ts";

/** Bytes to send. One that is `replayable` can be opened again when the token turns out to have expired. */
export interface BodySource {
  open(): AsyncIterable<Uint8Array>;
  readonly replayable: boolean;
}

export interface ServiceRequest {
  readonly method: string;
  /** Begins with the version: `/v2/images`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | BodySource | undefined;
}

export interface SessionOptions {
  readonly credentials: Credentials;
  readonly transport?: Transport;
  /** Where the Image API is, when the catalogue is not to be asked. */
  readonly imageEndpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly interface?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly now?: () => number;
}

/** A token about to expire is renewed before it is used: a stream that was sent cannot be sent again. */
const RENEW_BEFORE_MILLISECONDS = 60_000;

/** Who calls, with which token, and where the services are. Renews its token, and asks again once after a 401. */
export class Session {
  readonly #options: SessionOptions;
  readonly #transport: Transport;
  #token: Promise<Token> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#transport = options.transport ?? fetchTransport;
  }

  /** The image service's answer. Rejects `ClientError` for every answer that is not a success. */
  async image(request: ServiceRequest): Promise<HttpResponse> {
    return this.#call(request, (token) => this.#imageEndpoint(token));
  }

  /** The identity service's answer, at the place where the credentials were shown. */
  async identity(request: ServiceRequest): Promise<HttpResponse> {
    return this.#call(request, (token) => this.#identityEndpoint(token));
  }

  async token(): Promise<Token> {
    const now = (this.#options.now ?? Date.now)();
    const held = await this.#token;
    if (!held || (held.expiresAt !== undefined && held.expiresAt - RENEW_BEFORE_MILLISECONDS < now))
      return this.#renew();
    return held;
  }

  #renew(): Promise<Token> {
    const { credentials, signal } = this.#options;
    const token = authenticate(this.#transport, credentials, signal);
    this.#token = token;
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }

  async #call(request: ServiceRequest, endpoint: (token: Token) => string): Promise<HttpResponse> {
    const token = await this.token();
    const first = await this.#send(request, endpoint(token), token);
    if (first.status < 300) return first;
    const text = await textOf(first);
    const again =
      first.status === 401 &&
      this.#options.credentials.type !== "fixed" &&
      (typeof request.body !== "object" || request.body.replayable);
    if (!again) throw refusal(first, text);
    const renewed = await this.#renew();
    const second = await this.#send(request, endpoint(renewed), renewed);
    if (second.status >= 300) throw refusal(second, await textOf(second));
    return second;
  }

  #send(request: ServiceRequest, endpoint: string, token: Token): Promise<HttpResponse> {
    return this.#transport({
      method: request.method,
      url: endpoint + request.path,
      headers: { ...request.headers, ...(token.value ? { "x-auth-token": token.value } : {}) },
      body: typeof request.body === "object" ? request.body.open() : request.body,
      signal: this.#options.signal,
    });
  }

  #imageEndpoint(token: Token): string {
    const { imageEndpoint, region } = this.#options;
    if (imageEndpoint) return withoutVersion(imageEndpoint);
    return endpointIn(token.catalogue, "image", { region, interface: this.#options.interface });
  }

  #identityEndpoint(token: Token): string {
    const { credentials, region } = this.#options;
    if (credentials.type !== "fixed") return identityRoot(credentials.authUrl).replace(/\/v3$/, "");
    if (token.catalogue.length === 0)
      throw new ClientError("Without an auth URL there is no identity service to ask.");
    return endpointIn(token.catalogue, "identity", { region, interface: this.#options.interface });
  }
}

const JSON_HEADERS = { accept: "application/json" };

/** A request without a body, or with a JSON one, whose answer is JSON or empty. */
export function jsonRequest(method: string, path: string, body?: unknown): ServiceRequest {
  if (body === undefined) return { method, path, headers: JSON_HEADERS };
  return {
    method,
    path,
    headers: { ...JSON_HEADERS, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

/** The answer's JSON. Rejects when it is something else, as a proxy's page would be. */
export async function jsonOf<T>(response: HttpResponse): Promise<T> {
  const text = await textOf(response);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ClientError("The service answered with something that is not JSON.", { cause });
  }
}
