import { ServiceError } from "../domain/errors.ts";
import { boundedText, discard } from "../outbound/answers.ts";
import { keystoneAuth, v3Root } from "../outbound/keystone-login.ts";
import { withRetry } from "../outbound/retry.ts";
import { renewalOf, ServiceLogin, type Session } from "../outbound/service-login.ts";
import { withTimeout } from "../outbound/timeout.ts";
import { catalogueEndpoint, type KeystoneAccount } from "./swift-keystone.ts";
import { mayPass, RETRIES } from "./swift-retries.ts";

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
export interface SwiftSession extends Session {
  readonly storageUrl: string;
}

const MOST_ANSWER_BYTES = 1024 * 1024;

/** Logs in at the store's own authentication, or at its Keystone. */
export class SwiftAuth {
  readonly login = new ServiceLogin(() => this.#insist());
  readonly #options: SwiftAuthOptions;

  constructor(options: SwiftAuthOptions) {
    this.#options = options;
  }

  /** Retries anything but a refusal. */
  async #insist(): Promise<SwiftSession> {
    const { id, answerSeconds } = this.#options;
    const attempt = () => withTimeout(answerSeconds, (signal) => this.#ask(signal));
    return withRetry(attempt, mayPass, RETRIES).catch((cause: unknown) => {
      if (cause instanceof ServiceError) throw cause;
      throw new ServiceError(
        "unavailable",
        `The store ${id} cannot log in: its authentication does not answer as it should.`,
        { cause, failureCause: "unreachable" },
      );
    });
  }

  async #ask(signal: AbortSignal): Promise<SwiftSession> {
    const { account } = this.#options;
    return account.version === 1 ? this.#askVersion1(account, signal) : this.#askKeystone(account, signal);
  }

  async #askVersion1({ user, key }: { user: string; key: string }, signal: AbortSignal) {
    const { authUrl, endpoint, fetch } = this.#options;
    // A redirect is not followed: it would take the key to wherever it points.
    const init = { headers: { "x-auth-user": user, "x-auth-key": key }, redirect: "manual" as const, signal };
    const response = await fetch(authUrl, init);
    await discard(response);
    this.#requireGood(response.status);
    const token = response.headers.get("x-auth-token") ?? response.headers.get("x-storage-token");
    const storageUrl = endpoint ?? response.headers.get("x-storage-url");
    if (!token || !storageUrl || !/^https?:\/\//.test(storageUrl)) throw new Error("it gave no token");
    const seconds = Number(response.headers.get("x-auth-token-expires") ?? Number.NaN);
    const life = seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
    return { token, storageUrl: withoutSlash(storageUrl), renewAt: renewalOf(life) };
  }

  async #askKeystone(account: KeystoneAccount & { key: string }, signal: AbortSignal) {
    const { authUrl, endpoint, fetch, id } = this.#options;
    const query = endpoint === undefined ? "" : "?nocatalog";
    const response = await fetch(`${v3Root(authUrl)}/auth/tokens${query}`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      redirect: "manual",
      body: JSON.stringify({ auth: keystoneAuth(account, account.key) }),
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
    return { token, storageUrl: withoutSlash(found), renewAt: renewalOf(expiresAt - Date.now()) };
  }

  #requireGood(status: number): void {
    if (status >= 200 && status < 300) return;
    if (![400, 401, 403, 404].includes(status)) throw new Error(`it answered ${status}`);
    const refusal = new ServiceError(
      "unavailable",
      `The store ${this.#options.id} cannot log in: its address or its credentials are not taken.`,
      { cause: new Error(`the authentication answered ${status}`), failureCause: "credentials" },
    );
    this.login.refuse(refusal);
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");
