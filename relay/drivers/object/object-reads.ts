import { unlessAborted } from "../../../src/outbound/unless-aborted.ts";
import { Connection } from "./connection.ts";

/** Shorter than the time after which any server closes an idle connection. */
const IDLE_SECONDS = 4;
const IDLE_MOST = 16;
const LENGTH = /^\d{1,16}$/;

/** The bytes of an answer, read into memory that the reader provides. */
export interface BodySource {
  /** Reads at least one byte, or none at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Ends it before its end was read. */
  end(): void;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: BodySource;
}

interface Idle {
  readonly connection: Connection;
  readonly timer: NodeJS.Timeout;
}

/** GET requests to one origin, over connections that are kept alive. */
export class ObjectReads {
  readonly #origin: URL;
  readonly #idle: Idle[] = [];

  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** Undefined for an answer whose head gives no length: another client must read that. */
  async get(url: URL, headers: Headers, signal: AbortSignal): Promise<RawAnswer | undefined> {
    const kept = this.#take();
    if (kept) {
      try {
        return await this.#ask(kept, url, headers, signal);
      } catch (error) {
        // A kept connection may have been closed by the server meanwhile.
        if (signal.aborted) throw error;
      }
    }
    return this.#ask(new Connection(this.#origin), url, headers, signal);
  }

  close(): void {
    for (let kept = this.#take(); kept; kept = this.#take()) kept.end();
  }

  async #ask(
    connection: Connection,
    url: URL,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<RawAnswer | undefined> {
    try {
      const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
      connection.send(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines}\r\n`);
      const { headers: said, keepsAlive, status } = await unlessAborted(connection.head(), signal);
      const answered = new Headers(said as [string, string][]);
      const length = lengthOf(status, answered);
      if (length === undefined) {
        connection.end();
        return undefined;
      }
      const body = this.#bodyOf(connection, length, keepsAlive);
      return { status, headers: answered, body };
    } catch (error) {
      connection.end();
      throw error;
    }
  }

  #bodyOf(connection: Connection, length: number, keepsAlive: boolean): BodySource {
    let left = length;
    let isOurs = true;
    const whole = () => {
      if (!isOurs) return;
      isOurs = false;
      if (keepsAlive && connection.isOpen && !connection.hasMore) this.#keep(connection);
      else connection.end();
    };
    if (left === 0) whole();
    return {
      async read(into) {
        if (left === 0) return 0;
        const read = await connection.read(into.subarray(0, left));
        if (read === 0) throw new Error(`the body ended ${left} bytes early`);
        left -= read;
        if (left === 0) whole();
        return read;
      },
      end() {
        if (isOurs) connection.end();
        isOurs = false;
      },
    };
  }

  #take(): Connection | undefined {
    const kept = this.#idle.pop();
    clearTimeout(kept?.timer);
    return kept?.connection;
  }

  #keep(connection: Connection): void {
    if (this.#idle.length >= IDLE_MOST) {
      connection.end();
      return;
    }
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((idle) => idle.connection === connection);
      this.#idle.splice(at, 1);
      connection.end();
    }, IDLE_SECONDS * 1000).unref();
    this.#idle.push({ connection, timer });
  }
}

function lengthOf(status: number, headers: Headers): number | undefined {
  if (status === 204 || status === 304) return 0;
  if (headers.has("transfer-encoding")) return undefined;
  const said = headers.get("content-length") ?? "";
  return LENGTH.test(said) ? Number(said) : undefined;
}
