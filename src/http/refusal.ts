import { DrizzleQueryError } from "drizzle-orm/errors";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext } from "./app-types.ts";
import { errorFields } from "./log.ts";

/**
 * What the caller is to be told of an error: the refusal, or undefined for a bug, of which nobody is told. The log is
 * told of both; a refusal that has no cause is the caller's matter alone, and `debug`.
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

/** What D1 has against a statement, now and at the next try: a bug of ours, not an outage. */
const STATEMENT_FAULT = /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG|AUTH|MISUSE)|parameter bindings/;

/**
 * The error as `unavailable` when it says that D1, or an object, is away, overloaded or was reset; undefined for all
 * else. D1 tells by its text alone, the platform by properties (workers-facts: D1, Durable Objects).
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
