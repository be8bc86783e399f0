import { ClientError } from "@glimpse/client/errors.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT, errorLines } from "./errors.ts";

/**
 * Does the same to each of several things. A failure is reported at once and does not stop the rest; the exit code says
 * whether there was one.
 */
export async function oneByOne(
  ctx: Context,
  names: readonly string[],
  act: (name: string) => Promise<void>,
  explain: (name: string, error: ClientError | CommandError) => unknown = (_name, error) => error,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  for (const name of names) {
    try {
      await act(name);
    } catch (error) {
      if (ctx.signal.aborted || !concernsOneThing(error)) throw error;
      ctx.stderr.write(errorLines(explain(name, error)));
      exitCode = EXIT.failed;
    }
  }
  return exitCode;
}

/**
 * Whether an error concerns this one thing. A service that does not answer, or refuses us altogether, concerns all of
 * them.
 */
const concernsOneThing = (error: unknown): error is ClientError | CommandError =>
  error instanceof CommandError ||
  (error instanceof ClientError && error.status !== undefined && error.status !== 401);
