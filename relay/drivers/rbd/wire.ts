import type { Socket } from "node:net";

export interface Message<Head> {
  readonly head: Head;
  readonly bytes: Uint8Array;
}

const LENGTHS_BYTES = 8;
const NOTHING = Buffer.alloc(0);

/** A frame is the lengths of head and bytes, 4 bytes each, then the head as JSON, then the bytes as they are. */
export function sendMessage(socket: Socket, head: object, bytes: Uint8Array = NOTHING): void {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.byteLength, 0);
  lengths.writeUInt32LE(bytes.byteLength, 4);
  socket.cork();
  socket.write(lengths);
  socket.write(text);
  if (bytes.byteLength > 0) socket.write(bytes);
  socket.uncork();
}

/** Puts frames together from what a socket gives. */
export class MessageReader<Head> {
  #part = Buffer.alloc(LENGTHS_BYTES);
  #filled = 0;
  #state: "lengths" | "head" | "bytes" = "lengths";
  #lengths = { head: 0, bytes: 0 };
  #head: Head | undefined;

  /** Every frame that is whole with this chunk. */
  *push(chunk: Uint8Array): Iterable<Message<Head>> {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + this.#part.byteLength - this.#filled);
      this.#part.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      at += piece.byteLength;
      while (this.#filled === this.#part.byteLength) {
        const message = this.#next();
        if (message) yield message;
      }
    }
  }

  #next(): Message<Head> | undefined {
    const part = this.#part;
    switch (this.#state) {
      case "lengths":
        this.#lengths = { head: part.readUInt32LE(0), bytes: part.readUInt32LE(4) };
        this.#expect("head", this.#lengths.head);
        return undefined;
      case "head":
        this.#head = JSON.parse(part.toString("utf8")) as Head;
        this.#expect("bytes", this.#lengths.bytes);
        return undefined;
      case "bytes":
        this.#expect("lengths", LENGTHS_BYTES);
        return { head: this.#head as Head, bytes: part };
    }
  }

  #expect(state: "lengths" | "head" | "bytes", bytes: number): void {
    this.#state = state;
    this.#part = Buffer.allocUnsafeSlow(bytes);
    this.#filled = 0;
  }
}
