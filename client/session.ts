import { type Api, apiOver, type ServiceRequest } from "./api.ts";
import { TOKEN_HEADER } from "./calls.ts";
import { endpointIn, withoutVersion } from "./catalogue.ts";
import { ClientError, refusal } from "./errors.ts";
import { authenticate, type Credentials, identityRoot, type Token } from "./keystone.ts";
import { fetchTransport, type HttpResponse, type Transport, textOf } from "./transport.ts";

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

/** Where the document has the identity service. Elsewhere it is where the credentials are shown. */
const IDENTITY = "/identity";

/** Who calls, with which token, and where the services are. Renews its token, and asks again once after a 401. */
export class Session {
  /** The calls of both services. They reject `ClientError` for every answer that is not a success. */
  readonly api: Api = apiOver((request) => this.#call(request));
  readonly #options: SessionOptions;
  readonly #transport: Transport;
  #token: Promise<Token> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#transport = options.transport ?? fetchTransport;
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

  async #call(request: ServiceRequest): Promise<HttpResponse> {
    const { body } = request;
    const token = await this.token();
    const first = await this.#send(request, token);
    if (first.status < 300) return first;
    const text = await textOf(first);
    const again =
      first.status === 401 &&
      this.#options.credentials.type !== "fixed" &&
      (typeof body !== "object" || body instanceof Blob || body.replayable);
    if (!again) throw refusal(first, text);
    const second = await this.#send(request, await this.#renew());
    if (second.status >= 300) throw refusal(second, await textOf(second));
    return second;
  }

  #send({ method, path, headers, body }: ServiceRequest, token: Token): Promise<HttpResponse> {
    return this.#transport({
      method,
      url: this.#urlOf(path, token),
      headers: { ...headers, ...(token.value ? { [TOKEN_HEADER]: token.value } : {}) },
      body: typeof body === "object" && !(body instanceof Blob) ? body.open() : body,
      signal: this.#options.signal,
    });
  }

  #urlOf(path: string, token: Token): string {
    return path.startsWith(`${IDENTITY}/`)
      ? this.#identityEndpoint(token) + path.slice(IDENTITY.length)
      : this.#imageEndpoint(token) + path;
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
