import type { FileHandle } from "node:fs/promises";
import { ServiceError } from "../../src/domain/errors.ts";
import { onDisk } from "./disk-error.ts";

const READ_BYTES = 512 * 1024;

/** So many bytes of a file, which is closed at their end, on failure and on cancel. */
export function streamOf(file: FileHandle, start: number, length: number): ReadableStream<Uint8Array> {
  let position = start;
  let left = length;
  const read = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, left));
    const { bytesRead } =
      left === 0 ? { bytesRead: 0 } : await onDisk(() => file.read(buffer, 0, buffer.byteLength, position));
    if (bytesRead === 0 && left > 0)
      throw new ServiceError("unavailable", "The image data became shorter while it was read.");
    position += bytesRead;
    left -= bytesRead;
    if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead));
    if (left > 0) return;
    await file.close();
    controller.close();
  };
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          await read(controller);
        } catch (error) {
          await file.close().catch(() => {});
          throw error;
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 1 },
  );
}
