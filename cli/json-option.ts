import { usageError } from "./errors.ts";

/** Parses an option that is a JSON object. Its error names it as `what` and shows `example`. */
export function jsonObjectIn(
  text: string,
  { what, example }: { what: string; example: string },
): Readonly<Record<string, unknown>> {
  const problem = usageError(`${what} is not a valid JSON object.`, `An example: ${example}`);
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    throw problem;
  }
  throw problem;
}
