import { type ErrorKind, ServiceError } from "../../src/domain/errors.ts";

const KIND: Readonly<Record<string, ErrorKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EFBIG: "full",
  EACCES: "writeDenied",
  EPERM: "writeDenied",
  EROFS: "writeDenied",
};

const MESSAGE: Partial<Record<ErrorKind, string>> = {
  full: "The store has no room for the image data.",
  writeDenied: "The store may not be written.",
};

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Does something on the disk and translates the system's errors. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    const kind = KIND[codeOf(cause) ?? ""] ?? "unavailable";
    throw new ServiceError(kind, MESSAGE[kind] ?? "The store's disk does not work as it should.", { cause });
  }
}

/** Does something that is already done if the file does not exist; resolves to undefined then. */
export async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
