import { type FileHandle, open } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import type { BodySource } from "@glimpse/client/transport.ts";
import type { Context } from "./context.ts";
import { CommandError } from "./errors.ts";
import type { Progress } from "./output/progress.ts";

/** The size of a read: each read has a fixed cost, whatever its size. */
const READ_BYTES = 1024 * 1024;

/** An image's bytes, on their way to the service. */
export interface DataSource extends BodySource {
  /** Length of the whole, when it is certain enough to announce to the service. */
  readonly size?: number | undefined;
  /** Length of the whole as far as it can be estimated, for the progress bar. */
  readonly expected?: number | undefined;
  close(): Promise<void>;
}

/** The named file, or what standard input has; nothing when there is no data. */
export async function dataSource(ctx: Context, file: string | undefined): Promise<DataSource | undefined> {
  return file === undefined ? fromStandardInput(ctx) : fromFile(file);
}

async function fromFile(path: string): Promise<DataSource> {
  const handle = await openForReading(path);
  const info = await handle.stat();
  const isFile = info.isFile();
  if (info.isDirectory()) {
    await handle.close();
    throw new CommandError(`${path} is a directory.`, "Name the file that holds the image's data.");
  }
  return {
    open: () =>
      handle.createReadStream({
        ...(isFile ? { start: 0 } : {}),
        highWaterMark: READ_BYTES,
        autoClose: false,
      }),
    replayable: isFile,
    close: () => handle.close(),
    ...(isFile ? { size: info.size, expected: info.size } : {}),
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw new CommandError(
      `${path} cannot be read: ${reason(cause)}.`,
      "Check the name and your rights to it.",
      { cause },
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission is denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
  ENOSPC: "there is no space left",
  EEXIST: "it exists already",
  EROFS: "the file system is read-only",
};

export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Standard input counts as data when it is no terminal and has at least one byte, so that `</dev/null` means no data.
 */
async function fromStandardInput(ctx: Context): Promise<DataSource | undefined> {
  const { stream, size } = ctx.stdin;
  if (stream.isTTY || size === 0) return undefined;
  addAbortSignal(ctx.signal, stream);
  const iterator: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return undefined;
  return {
    open: () => rest(first.value, iterator),
    replayable: false,
    expected: size,
    close: async () => {
      stream.destroy();
    },
  };
}

async function* rest(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
}

/** The same bytes, counted for a progress bar as they leave. */
export function watched(source: DataSource, progress: Progress): BodySource {
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const chunk of source.open()) {
      yield chunk;
      progress.advance(chunk.byteLength);
    }
  }
  return { open: counted, replayable: source.replayable };
}
