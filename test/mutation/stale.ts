import { readFileSync } from "node:fs";
import { ROWS } from "../conformance/api/rows.ts";
import type { Mutation } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";

const root = new URL("../../", import.meta.url);

/** What is wrong with a mutation before it is tried: its text is gone, or is not the only one, or a row is none. */
export function staleness({ file, from, to, fails }: Mutation): string | undefined {
  const text = readFileSync(new URL(file, root), "utf8");
  const times = text.split(from).length - 1;
  if (times !== 1) return `${file} has ${JSON.stringify(from)} ${times} times, not once`;
  if (from === to) return `${file}: ${JSON.stringify(from)} is replaced by itself`;
  if (fails.length === 0) return `${file}: no row is named that fails without ${JSON.stringify(from)}`;
  const unknown = fails.find((name) => !ROWS.some(({ row }) => row === name));
  return unknown === undefined
    ? undefined
    : `there is no row ${JSON.stringify(unknown)} in test/conformance/api`;
}

/** All that is wrong with them, found in a moment, for `npm run check`. */
export const staleMutations = (): string[] => MUTATIONS.flatMap((mutation) => staleness(mutation) ?? []);
