import type { HashAlgo } from "./contract.ts";

const WEB_NAME: Record<HashAlgo, string> = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };

/** MD5 and `algo` of a body as it passes by, with workerd's native digests. */
export class BodyHashes {
  readonly #md5 = digest("MD5");
  readonly #strong: ReturnType<typeof digest>;

  constructor(algo: HashAlgo) {
    this.#strong = digest(WEB_NAME[algo]);
  }

  async write(chunk: Uint8Array): Promise<void> {
    await Promise.all([this.#md5.writer.write(chunk), this.#strong.writer.write(chunk)]);
  }

  async finish(): Promise<{ checksum: string; hashValue: string }> {
    await Promise.all([this.#md5.writer.close(), this.#strong.writer.close()]);
    return { checksum: hex(await this.#md5.value), hashValue: hex(await this.#strong.value) };
  }
}

/** MD5 of a piece of a body, as stores tell it of what they took. */
export class PieceMd5 {
  readonly #digest = digest("MD5");

  write(chunk: Uint8Array): Promise<void> {
    return this.#digest.writer.write(chunk);
  }

  async finish(): Promise<string> {
    await this.#digest.writer.close();
    return hex(await this.#digest.value);
  }
}

function digest(name: string) {
  const stream = new crypto.DigestStream(name);
  stream.digest.catch(() => {}); // A body that fails leaves its digest unread.
  return { writer: stream.getWriter(), value: stream.digest };
}

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
