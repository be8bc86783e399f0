import { DrizzleQueryError } from "drizzle-orm/errors";
import { ServiceError } from "../domain/errors.ts";

/** What D1 has against a statement, now and at the next try: a bug of ours, not an outage. */
const STATEMENT_FAULT = /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG|AUTH|MISUSE)|parameter bindings/;

/**
 * The error as `unavailable` when it says that D1, or an object, is away, overloaded or was reset; undefined for all
 * else. D1 tells by its text alone, the platform by properties (workers-facts: D1, Durable Objects).
 */
export function outageOf(error: unknown): ServiceError | undefined {
  if (error instanceof DrizzleQueryError) return outageOf(error.cause);
  if (!(error instanceof Error)) return undefined;
  const flags = error as Error & { retryable?: boolean; overloaded?: boolean };
  const isD1 = error.message.startsWith("D1_ERROR") && !STATEMENT_FAULT.test(error.message);
  if (!isD1 && !flags.retryable && !flags.overloaded) return undefined;
  return new ServiceError("unavailable", "The service cannot reach its catalogue right now.", {
    cause: error,
  });
}
