import type { BlobKey, ImageReader, ImageStore, Stored } from "../../src/stores/contract.ts";
import { MemoryStore } from "../../src/stores/memory.ts";
import { bytesFrom, streamOf } from "./streams.ts";

export interface OriginOptions {
  /** Answers every range with the whole. */
  readonly rangeless?: boolean;
  /** Knows GET alone. */
  readonly headless?: boolean;
}

/** A web server in this process, reached through the `fetch` of a store: what it is asked, it remembers. */
export class HttpOrigin {
  readonly asked: { method: string; url: string; headers: Headers; network: string }[] = [];
  /** Answers by whole URL, before files are looked for. */
  readonly answers = new Map<string, (request: Request) => Response | Promise<Response>>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #options: OriginOptions;

  constructor(options: OriginOptions = {}) {
    this.#options = options;
  }

  /** The `fetch` of one of the networks that a store has. */
  on =
    (network: string) =>
    async (url: string, init: RequestInit): Promise<Response> => {
      const request = new Request(url, init);
      request.signal.throwIfAborted();
      this.asked.push({ method: request.method, url, headers: request.headers, network });
      const answer = this.answers.get(url);
      return answer ? answer(request) : this.#serve(request);
    };

  keep(url: string, bytes: Uint8Array): void {
    this.#files.set(url, bytes);
  }

  #serve(request: Request): Response {
    const bytes = this.#files.get(request.url);
    if (!bytes) return new Response("not here", { status: 404 });
    if (request.method === "HEAD" && this.#options.headless) return new Response(null, { status: 405 });
    const size = bytes.byteLength;
    const etag = `"${size}"`;
    if (request.method === "HEAD")
      return new Response(null, { headers: { "content-length": String(size), etag } });
    const range = this.#options.rangeless
      ? null
      : /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
    if (!range) return answered(bytes, 200, { etag });
    const start = Number(range[1]);
    const end = Math.min(range[2] ? Number(range[2]) : size - 1, size - 1);
    if (start > end)
      return new Response(null, { status: 416, headers: { "content-range": `bytes */${size}` } });
    const headers = { etag, "content-range": `bytes ${start}-${end}/${size}` };
    return answered(bytes.subarray(start, end + 1), 206, headers);
  }

  /** The reader, with writing that lays files out here under `prefix`. */
  laidOut(reader: ImageReader, prefix: string): ImageStore {
    const locationOf = (key: BlobKey) => prefix + key;
    return {
      can: reader.can,
      get: (...asked) => reader.get(...asked),
      stat: (location) => reader.stat(location),
      locationOf,
      put: async (key, body): Promise<Stored> => {
        const bytes = await bytesFrom(body);
        this.keep(locationOf(key), bytes);
        const stored = await new MemoryStore(crypto.randomUUID()).put(key, streamOf(bytes));
        return { ...stored, location: locationOf(key) };
      },
      delete: async (location) => void this.#files.delete(location),
      list: async function* (prefixOfKey: string): AsyncIterable<BlobKey> {
        yield* [].filter((key: string) => key.startsWith(prefixOfKey));
      },
    };
  }
}

/** A body of the length that is said, whatever it really has. */
export const answered = (bytes: Uint8Array, status: number, headers: Record<string, string>): Response =>
  new Response(streamOf(bytes), {
    status,
    headers: { "content-length": String(bytes.byteLength), ...headers },
  });
