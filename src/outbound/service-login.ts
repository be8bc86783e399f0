import { SharedWork } from "./shared-work.ts";

/** How long wrong credentials are not tried again: a server may lock a user out after a few failures. */
const REFUSED_MILLISECONDS = 5_000;

/** A token is renewed this long before it expires, or after three quarters of a life shorter than four times this. */
const RENEW_MILLISECONDS = 60_000;

/** What a login returned. */
export interface Session {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly renewAt: number;
}

/** When to renew a token that is valid for this long from now. */
export const renewalOf = (milliseconds: number): number =>
  Date.now() + milliseconds - Math.min(RENEW_MILLISECONDS, milliseconds / 4);

/** This service's own login at another server. One runs at a time, for all requests that need a token. */
export class ServiceLogin<S extends Session> {
  readonly #logIn: () => Promise<S>;
  readonly #logins = new SharedWork<S>();
  #session: S | undefined;
  #refusal: { readonly error: unknown; readonly until: number } | undefined;

  constructor(logIn: () => Promise<S>) {
    this.#logIn = logIn;
  }

  async session(): Promise<S> {
    if (this.#session && Date.now() < this.#session.renewAt) return this.#session;
    return this.#logins.once("", async () => {
      if (this.#refusal && Date.now() < this.#refusal.until) throw this.#refusal.error;
      this.#session = await this.#logIn();
      return this.#session;
    });
  }

  /** The server rejects this session's token: the next request logs in again. */
  drop(session: S): void {
    if (this.#session === session) this.#session = undefined;
  }

  /** The server refuses the credentials. Until they are tried again, every request fails with this error. */
  refuse(error: Error): never {
    this.#refusal = { error, until: Date.now() + REFUSED_MILLISECONDS };
    throw error;
  }
}
