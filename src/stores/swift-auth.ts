import { ServiceError } from "../domain/errors.ts";
import { boundedText } from "../outbound/answers.ts";
import { SharedWork } from "../outbound/shared-work.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { catalogueEndpoint, type KeystoneAccount, keystoneLogin } from "./swift-keystone.ts";
import { pause, RETRIES, waitBefore } from "./swift-retries.ts";

export type SwiftFetch = (url: string, init: RequestInit) => Promise<Response>;

/** This service's account at a Swift server, by the first version of Swift's authentication or by Keystone. */
export type SwiftAccount =
  | { readonly version: 1; readonly user: string; readonly key: string }
  | ({ readonly version: 3; readonly key: string } & KeystoneAccount);

export interface SwiftAuthOptions {
  /** The store's id, for messages. */
  readonly id: string;
  readonly authUrl: string;
  readonly account: SwiftAccount;
  /** The account's URL, if not the one that the authentication returns. */
  readonly endpoint?: string;
  readonly answerSeconds: number;
  readonly fetch: SwiftFetch;
}

/** A token, and the URL of the account for which it is valid. */
export interface SwiftSession {
  readonly storageUrl: string;
  readonly token: string;
  /** Milliseconds since the epoch. A server that does not say when its tokens expire answers 401 once they have. */
  readonly renewAt: number;
}

interface Granted {
  readonly token: string;
  readonly storageUrl: string;
  /** How long the token is valid. */
  readonly seconds: number;
}

/** How long wrong credentials are not tried again: a server may lock a user out after a few failures. */
const REFUSED_MILLISECONDS = 5_000;

/** A token is renewed this long before it expires, or after three quarters of a life shorter than four times this. */
const RENEW_MILLISECONDS = 60_000;

const MOST_ANSWER_BYTES = 1024 * 1024;

/** Logs in before a token expires and when one is rejected; one login serves all requests that need it at the time. */
export class SwiftAuth {
  readonly #options: SwiftAuthOptions;
  readonly #logins = new SharedWork<SwiftSession>();
  #session: SwiftSession | undefined;
  #refusedUntil = 0;

  constructor(options: SwiftAuthOptions) {
    this.#options = options;
  }

  async session(): Promise<SwiftSession> {
    if (this.#session && Date.now() < this.#session.renewAt) return this.#session;
    return this.#logins.once("", () => this.#login());
  }

  /** The server rejects this session's token: the next request gets another. */
  drop(session: SwiftSession): void {
    if (this.#session?.token === session.token) this.#session = undefined;
  }

  async #login(): Promise<SwiftSession> {
    const { endpoint } = this.#options;
    if (Date.now() < this.#refusedUntil) throw this.#refused();
    const found = await this.#insist();
    const { token, storageUrl, seconds } = found;
    const life = seconds * 1000;
    this.#session = {
      token,
      storageUrl: (endpoint ?? storageUrl).replace(/\/+$/, ""),
      renewAt: Date.now() + life - Math.min(RENEW_MILLISECONDS, life / 4),
    };
    return this.#session;
  }

  /** Retries anything but a refusal. */
  async #insist(): Promise<Granted> {
    const { id, answerSeconds } = this.#options;
    const until = Date.now() + RETRIES.withinSeconds * 1000;
    for (let tries = 0; ; tries++) {
      try {
        return await withTimeout(answerSeconds, (signal) => this.#ask(signal));
      } catch (cause) {
        if (cause instanceof ServiceError) throw cause;
        const wait = waitBefore(tries);
        if (tries >= RETRIES.most || Date.now() + wait > until)
          throw new ServiceError(
            "unavailable",
            `The store ${id} cannot log in: its authentication does not answer as it should.`,
            { cause, failureCause: "unreachable" },
          );
        await pause(wait);
      }
    }
  }

  async #ask(signal: AbortSignal): Promise<Granted> {
    const { account } = this.#options;
    return account.version === 1 ? this.#askVersion1(account, signal) : this.#askKeystone(account, signal);
  }

  async #askVersion1({ user, key }: { user: string; key: string }, signal: AbortSignal) {
    const { authUrl, endpoint, fetch } = this.#options;
    // A redirect is not followed: it would take the key to wherever it points.
    const init = { headers: { "x-auth-user": user, "x-auth-key": key }, redirect: "manual" as const, signal };
    const response = await fetch(authUrl, init);
    await response.body?.cancel().catch(() => undefined);
    this.#requireGood(response.status);
    const token = response.headers.get("x-auth-token") ?? response.headers.get("x-storage-token");
    const storageUrl = endpoint ?? response.headers.get("x-storage-url");
    if (!token || !storageUrl || !/^https?:\/\//.test(storageUrl)) throw new Error("it gave no token");
    const ends = Number(response.headers.get("x-auth-token-expires") ?? Number.NaN);
    return { token, storageUrl, seconds: ends > 0 ? ends : Number.POSITIVE_INFINITY };
  }

  async #askKeystone(account: KeystoneAccount & { key: string }, signal: AbortSignal) {
    const { authUrl, endpoint, fetch, id } = this.#options;
    const { url, body } = keystoneLogin(authUrl, account, account.key, endpoint === undefined);
    const response = await fetch(url, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      redirect: "manual",
      body,
      signal,
    });
    const text = await boundedText(response, MOST_ANSWER_BYTES, signal);
    this.#requireGood(response.status);
    const token = response.headers.get("x-subject-token");
    const { expiresAt, storageUrl } = catalogueEndpoint(text, account);
    if (!token || !(expiresAt > Date.now())) throw new Error("it gave no token");
    const found = endpoint ?? storageUrl;
    if (found === undefined)
      throw new ServiceError(
        "unavailable",
        `The store ${id} finds no object-store endpoint of its region and interface in Keystone's catalogue.`,
        { failureCause: "elsewhere" },
      );
    return { token, storageUrl: found, seconds: (expiresAt - Date.now()) / 1000 };
  }

  #requireGood(status: number): void {
    if (status >= 200 && status < 300) return;
    if (![400, 401, 403, 404].includes(status)) throw new Error(`it answered ${status}`);
    this.#refusedUntil = Date.now() + REFUSED_MILLISECONDS;
    throw this.#refused(status);
  }

  #refused(status?: number): ServiceError {
    const cause = status === undefined ? undefined : new Error(`the authentication answered ${status}`);
    return new ServiceError(
      "unavailable",
      `The store ${this.#options.id} cannot log in: its address or its credentials are not taken.`,
      { cause, failureCause: "credentials" },
    );
  }
}
