import { type FileHandle, open, realpath, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { reason } from "./data-source.ts";
import { CommandError } from "./errors.ts";

/** Where downloaded bytes go. Nothing appears under the final name before `finish`. */
export interface Target {
  write(chunks: readonly Uint8Array[]): Promise<void>;
  finish(): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** A file that appears under its name whole or not at all. A device or a pipe is written to directly. */
export async function openTarget(path: string): Promise<Target> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory())
    throw new CommandError(`${path} is a directory.`, "Name the file to write, with --file.");
  try {
    if (existing && !existing.isFile()) return plainTarget(path, await open(path, "w"));
    // A symbolic link stays: the file that it points to is replaced.
    const final = existing ? await realpath(path) : path;
    return partTarget(final, await open(`${final}.part`, "wx"));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function plainTarget(path: string, handle: FileHandle): Target {
  return {
    write: (chunks) => writeAll(path, handle, chunks),
    finish: () => handle.close(),
    discard: () => handle.close(),
  };
}

function partTarget(path: string, handle: FileHandle): Target {
  const part = `${path}.part`;
  return {
    write: (chunks) => writeAll(path, handle, chunks),
    finish: async () => {
      try {
        await handle.sync();
        await handle.close();
        await rename(part, path);
        await syncFolder(dirname(path));
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
    discard: async () => {
      await handle.close().catch(() => undefined);
      await unlink(part).catch(() => undefined);
    },
  };
}

/** `writev` may write less than it is given. */
async function writeAll(path: string, handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    let left = chunks.filter((chunk) => chunk.byteLength > 0);
    while (left.length > 0) {
      const { bytesWritten } = await handle.writev(left);
      left = after(left, bytesWritten);
    }
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes;
  return chunks.flatMap((chunk) => {
    const begin = Math.min(skipped, chunk.byteLength);
    skipped -= begin;
    return begin < chunk.byteLength ? [chunk.subarray(begin)] : [];
  });
}

/** The new name survives a crash only once its folder is on disk. Some file systems refuse this sync. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync().catch(() => undefined);
  } finally {
    await folder.close();
  }
}

function cannotWrite(path: string, error: unknown): CommandError {
  const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST";
  const what = isTaken ? `${path}.part exists already` : `${path} cannot be written: ${reason(error)}`;
  const next = isTaken
    ? "Another download is writing it, or one was killed: remove it if none is."
    : "Check the name, your rights to it and the space that is left.";
  return new CommandError(`${what}.`, next, { cause: error });
}
