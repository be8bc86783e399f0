import { type Accept, parseAccept } from "hono/utils/accept";

/**
 * The one of the types that the header likes best; the first of those it likes alike, and undefined where it takes none
 * of them. A type that is named counts for more than one that a wildcard takes in. Without a header there is none to like.
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

/** The closest range alone says how much a type is liked: `text/html;q=0` takes none, whatever else is taken. */
const rangeFor = (type: string, ranges: readonly Accept[]): Accept | undefined =>
  [type, `${type.split("/")[0]}/*`, "*/*"]
    .map((name) => ranges.find((range) => range.type === name))
    .find((range) => range !== undefined);

const preference = ({ q, type }: Accept): number => q + (type.endsWith("/*") ? 0 : NAMED);
/** Less than any two weights differ by: they have three decimals. */
const NAMED = 0.0001;
