import { DrizzleQueryError } from "drizzle-orm/errors";

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevel = keyof typeof RANK;

/**
 * One JSON object per line, which Workers Logs indexes and the launcher passes on. It must never get a token or a body.
 */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export function logFrom(level: LogLevel, base: Record<string, unknown> = {}): Log {
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (RANK[lineLevel] < RANK[level]) return;
      const line = JSON.stringify({
        time: new Date().toISOString(),
        level: lineLevel,
        message,
        ...base,
        ...fields,
      });
      if (lineLevel === "error") console.error(line);
      else console.log(line);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** An error as log fields: its whole chain of causes, for the operator alone. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  // Its message has the query's parameters, password hashes among them; D1's own error is its cause.
  if (error instanceof DrizzleQueryError) return errorFields(error.cause);
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) };
  return { error: `${error.name}: ${error.message}`, stack: error.stack, ...cause };
}
