import type { FileHandle } from "node:fs/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import { onDisk } from "./disk-error.ts";

const READ_BYTES = 512 * 1024;

/**
 * A part of a file, which is closed at the end, on failure and on cancel. It is a byte stream: a reader that brings its
 * own buffers has the file read into them.
 */
export function streamOf(file: FileHandle, start: number, length: number): ReadableStream<Uint8Array> {
  let position = start;
  let left = length;
  const read = async (controller: ReadableByteStreamController) => {
    const request = controller.byobRequest;
    const buffer = bytesOf(request?.view) ?? Buffer.allocUnsafeSlow(Math.min(READ_BYTES, left));
    const wanted = Math.min(buffer.byteLength, left);
    const { bytesRead } =
      left === 0 ? { bytesRead: 0 } : await onDisk(() => file.read(buffer, 0, wanted, position));
    if (bytesRead === 0 && left > 0)
      throw new ServiceError("unavailable", "The image data became shorter while it was read.");
    position += bytesRead;
    left -= bytesRead;
    // The file is closed before its last bytes are handed out: nobody may read on to see the end.
    if (left === 0) await file.close();
    if (request && bytesRead > 0) request.respond(bytesRead);
    else if (bytesRead > 0) controller.enqueue(new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead));
    if (left > 0) return;
    controller.close();
    // Tells a pending read that no more bytes come.
    controller.byobRequest?.respond(0);
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        await read(controller);
      } catch (error) {
        await file.close().catch(() => {});
        throw error;
      }
    },
    cancel: () => file.close(),
  });
}

const bytesOf = (view: ArrayBufferView | null | undefined): Uint8Array | undefined =>
  view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : undefined;
