import { DrizzleQueryError } from "drizzle-orm/errors";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext } from "./app-types.ts";
import { errorFields } from "./log.ts";

/**
 * What the caller is told about an error: the refusal, or undefined for a bug, which is not disclosed. Both are logged;
 * a refusal without a cause concerns only the caller and is logged as `debug`.
 */
export function refusalOf(error: unknown, c: AppContext): ServiceError | undefined {
  const refusal = error instanceof ServiceError ? error : outageOf(error);
  const { method, path } = c.req;
  if (!refusal) c.var.log.error("unexpected error", { method, path, ...errorFields(error) });
  else if (refusal.cause === undefined)
    c.var.log.debug("refused", { method, path, kind: refusal.kind, reason: refusal.message });
  else c.var.log.warn(refusal.message, { method, path, kind: refusal.kind, ...errorFields(refusal) });
  return refusal;
}

/** D1's errors about a statement, which would fail again: a bug of ours, not an outage. */
const STATEMENT_FAULT = /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG|AUTH|MISUSE)|parameter bindings/;

/**
 * The error as `unavailable` if it says that D1, or an object, is away, overloaded or was reset; otherwise undefined.
 * D1 says so only in the message, the platform in properties (workers-facts: D1, Durable Objects).
 */
function outageOf(error: unknown): ServiceError | undefined {
  if (error instanceof DrizzleQueryError) return outageOf(error.cause);
  if (!(error instanceof Error)) return undefined;
  const flags = error as Error & { retryable?: boolean; overloaded?: boolean };
  const isD1 = error.message.startsWith("D1_ERROR") && !STATEMENT_FAULT.test(error.message);
  if (!isD1 && !flags.retryable && !flags.overloaded) return undefined;
  return new ServiceError("unavailable", "The service cannot reach its catalogue right now.", {
    cause: error,
  });
}
