/** What a `FaultProxy` does, in words that cross from workerd to Node. */
export type Act =
  | { readonly do: "pass" }
  /** The connection breaks before a byte is passed on. */
  | { readonly do: "reset" }
  /** Nothing is read, nothing is answered. */
  | { readonly do: "stall" }
  /** After so many bytes of the body, in this direction: a reset, an orderly end, or nothing any more. */
  | {
      readonly do: "resetAt" | "endAt" | "stallAt";
      readonly in: "request" | "answer";
      readonly bytes: number;
    }
  /** The store has done it, and nobody hears. */
  | { readonly do: "loseAnswer" }
  | { readonly do: "stallAnswer" }
  /** The store is not asked. `early`: the answer does not wait for the request's body. */
  | {
      readonly do: "answer";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
      readonly early?: boolean;
    }
  /** The store has done it, and this is heard instead. */
  | {
      readonly do: "answerAfter";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | { readonly do: "slow"; readonly milliseconds: number }
  /** The answer claims so many bytes less than there are and has no more; or claims more than come. */
  | { readonly do: "shortLength" | "longLength"; readonly bytes: number };

export interface Fault {
  /** A regular expression for "METHOD /path?query". The first fault that fits is the one, until it has happened. */
  readonly on: string;
  /** So many of those requests pass first. */
  readonly after?: number;
  /** To so many it happens then; 1 by default. */
  readonly times?: number;
  readonly act: Act;
}

/** A proxy of its own before a store, for a test inside workerd. */
export class Proxied implements AsyncDisposable {
  readonly url: string;
  readonly #control: string;

  private constructor(url: string, control: string) {
    this.url = url;
    this.#control = control;
  }

  /** `controlUrl`: what `startFaultControl` listens on. */
  static async before(target: string, controlUrl: string): Promise<Proxied> {
    const answer = await fetch(controlUrl, { method: "POST", body: target });
    const { url, control } = (await answer.json()) as { url: string; control: string };
    return new Proxied(url, controlUrl + control);
  }

  async set(...faults: readonly Fault[]): Promise<void> {
    await fetch(this.#control, { method: "PUT", body: JSON.stringify(faults) }).then((r) => r.text());
  }

  /** Method and path, with its query, of each request in order. */
  async seen(): Promise<string[]> {
    return (await (await fetch(this.#control)).json()) as string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await fetch(this.#control, { method: "DELETE" }).then((r) => r.text());
  }
}
