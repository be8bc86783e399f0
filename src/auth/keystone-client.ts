import { z } from "zod";
import { ServiceError } from "../domain/errors.ts";
import { bindingOf, type Config, type Env, type KeystoneConfig } from "../env.ts";
import { KEYSTONE_ANSWER_BYTES } from "../limits.ts";
import { boundedText, jsonOf } from "../outbound/answers.ts";
import { keystoneAuth, v3Root } from "../outbound/keystone-login.ts";
import { renewalOf, ServiceLogin, type Session } from "../outbound/service-login.ts";
import { withTimeout } from "../outbound/timeout.ts";

/** Keystone's answer, below 500; `body` is undefined if it is not JSON. */
export interface KeystoneAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface KeystoneClientOptions {
  readonly authUrl: string;
  /** The `auth` of `POST /v3/auth/tokens`: this service's own credentials. */
  readonly auth: unknown;
  readonly timeoutSeconds: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const loggedIn = z.object({ token: z.object({ expires_at: z.string() }) });

/**
 * Sends requests to a Keystone v3 as this service. It gets a token, renews it before it expires, and gets a new one
 * when Keystone rejects it; one login at a time. Any failure of Keystone itself rejects `unavailable`.
 */
export class KeystoneClient {
  readonly #options: KeystoneClientOptions;
  readonly #root: string;
  readonly #login = new ServiceLogin(() => this.#logIn());

  constructor(options: KeystoneClientOptions) {
    this.#options = options;
    this.#root = v3Root(options.authUrl);
  }

  /**
   * `path` is below `/v3`, with its query. The answer may have any status below 500 except 401, a redirect and 429. The
   * configured time limit includes a login.
   */
  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<KeystoneAnswer> {
    return this.#inTime((signal) => this.#get(path, headers, signal));
  }

  async #get(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    const ask = ({ token }: Session) =>
      this.#ask("GET", path, { headers: { ...headers, "x-auth-token": token }, signal });
    const session = await this.#login.session();
    const answer = await ask(session);
    if (answer.status !== 401) return answer;
    this.#login.drop(session);
    const second = await ask(await this.#login.session());
    if (second.status === 401) throw away("Keystone does not take the token that it gave this service");
    return second;
  }

  async #logIn(): Promise<Session> {
    const answer = await this.#inTime((signal) =>
      this.#ask("POST", "/auth/tokens?nocatalog", {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ auth: this.#options.auth }),
        signal,
      }),
    );
    const token = answer.headers.get("x-subject-token");
    const parsed = loggedIn.safeParse(answer.body);
    if (answer.status !== 201 || !token || !parsed.success)
      return this.#login.refuse(away(`Keystone answered ${answer.status} to this service's credentials`));
    const life = Date.parse(parsed.data.token.expires_at) - Date.now();
    if (!(life > 0)) throw away("Keystone gave this service a token that has ended");
    return { token, renewAt: renewalOf(life) };
  }

  async #ask(
    method: "GET" | "POST",
    path: string,
    { headers, ...request }: { headers: Record<string, string>; body?: string; signal: AbortSignal },
  ): Promise<KeystoneAnswer> {
    const answer = await this.#fetch(
      `${this.#root}${path}`,
      // A redirect is not followed: it would take the tokens to wherever it points.
      { ...request, method, headers: { accept: "application/json", ...headers }, redirect: "manual" },
      method === "GET",
    );
    const { status } = answer;
    if (status >= 500 || status === 429 || (status >= 300 && status < 400))
      throw away(`Keystone answered ${status} to ${method} ${path}`);
    return answer;
  }

  #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withTimeout(this.#options.timeoutSeconds, work).catch((cause: unknown) => {
      throw cause instanceof ServiceError ? cause : away("Keystone did not answer in time", cause);
    });
  }

  /** A GET is repeated once if there is no answer at all: a kept connection may have been closed meanwhile. */
  async #fetch(
    url: string,
    init: RequestInit & { signal: AbortSignal },
    again: boolean,
  ): Promise<KeystoneAnswer> {
    try {
      const response = await (this.#options.fetch ?? fetch)(url, init);
      const text = await boundedText(response, KEYSTONE_ANSWER_BYTES, init.signal);
      return { status: response.status, headers: response.headers, body: jsonOf(text) };
    } catch (cause) {
      if (again && !init.signal.aborted) return this.#fetch(url, init, false);
      throw away("Keystone cannot be reached", cause);
    }
  }
}

const clients = new WeakMap<KeystoneConfig, KeystoneClient>();

/** The isolate's client of the configured Keystone; undefined with another kind of identity. */
export function keystoneClientOf(config: Config, env: Env): KeystoneClient | undefined {
  const { identity } = config;
  if (identity.mode !== "keystone") return undefined;
  let client = clients.get(identity);
  if (!client) {
    client = clientOf(identity, env, authOf(identity, config));
    clients.set(identity, client);
  }
  return client;
}

/**
 * A client with a system-scoped token: Keystone tells limits of other projects to nobody else. Undefined with another
 * kind of identity.
 */
export function keystoneLimitsClientOf(config: Config, env: Env): KeystoneClient | undefined {
  const { identity } = config;
  if (identity.mode !== "keystone") return undefined;
  const auth = authOf(identity, config);
  return clientOf(identity, env, { ...auth, scope: { system: { all: true } } });
}

function clientOf(identity: KeystoneConfig, env: Env, auth: object): KeystoneClient {
  const bound = identity.binding === undefined ? undefined : bindingOf(env, identity.binding);
  return new KeystoneClient({
    authUrl: identity.authUrl,
    auth,
    timeoutSeconds: identity.timeoutSeconds,
    ...(bound ? { fetch: (url, init) => bound.fetch(url, init) } : {}),
  });
}

const authOf = (identity: KeystoneConfig, { keystoneSecret = "" }: Config): object =>
  keystoneAuth({ ...identity, user: identity.username }, keystoneSecret);

/** The caller always gets the same message; the cause is for the log. */
export const away = (what: string, cause?: unknown): ServiceError =>
  new ServiceError("unavailable", "The identity service cannot be asked right now; try again later.", {
    cause: new Error(what, cause === undefined ? {} : { cause }),
  });
