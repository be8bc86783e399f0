import { ServiceError } from "../domain/errors.ts";

/** The query parameters. Rejects `invalid` for percent-encoded bytes that are not UTF-8. */
export function queryOf(url: string): URLSearchParams {
  const { searchParams, search } = new URL(url);
  const hasReplacement = [...searchParams].some((pair) => pair.join("").includes("\ufffd"));
  if (hasReplacement && !/%ef%bf%bd/i.test(search))
    throw new ServiceError("invalid", "The query string is not UTF-8.");
  return searchParams;
}
