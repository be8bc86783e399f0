import { type Accept, parseAccept } from "hono/utils/accept";

/**
 * The type that the `Accept` header prefers; the first of several that it prefers equally; undefined if it accepts
 * none. A type that is named ranks before one that only a wildcard matches. Undefined without a header, too.
 */
export function preferredType<T extends string>(
  accept: string | undefined,
  types: readonly T[],
): T | undefined {
  const ranges = parseAccept((accept ?? "").toLowerCase());
  let best: { type: T; range: Accept } | undefined;
  for (const type of types) {
    const range = rangeFor(type, ranges);
    if (range && range.q > 0 && (!best || preference(range) > preference(best.range))) best = { type, range };
  }
  return best?.type;
}

/** Only the most specific range counts: `text/html;q=0` rejects it, whatever else is accepted. */
const rangeFor = (type: string, ranges: readonly Accept[]): Accept | undefined =>
  [type, `${type.split("/")[0]}/*`, "*/*"]
    .map((name) => ranges.find((range) => range.type === name))
    .find((range) => range !== undefined);

const preference = ({ q, type }: Accept): number => q + (type.endsWith("/*") ? 0 : NAMED);
/** Less than any difference between two weights, which have three decimals. */
const NAMED = 0.0001;
