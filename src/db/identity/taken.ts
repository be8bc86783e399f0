import { ServiceError } from "../../domain/errors.ts";

const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error &&
  (error.message.includes("UNIQUE constraint failed") || isUniqueViolation(error.cause));

/** Awaits a write. If a UNIQUE index refuses it, rejects `conflict` with the message. */
export async function unlessTaken<T>(message: string, write: PromiseLike<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (isUniqueViolation(error)) throw new ServiceError("conflict", message);
    throw error;
  }
}
