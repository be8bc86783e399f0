import { readFileSync } from "node:fs";
import { ROWS } from "../conformance/api/rows.ts";
import { documentText } from "./documents/edit.ts";
import { WRONG_DOCUMENTS } from "./documents/wrong.ts";
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
export function staleMutations(): string[] {
  const document = documentText();
  return [
    ...MUTATIONS.flatMap((mutation) => staleness(mutation) ?? []),
    ...WRONG_DOCUMENTS.flatMap(({ what, made }) => {
      try {
        made(document);
        return [];
      } catch (error) {
        return `"${what}" is no edit of openapi/openapi.json: ${error instanceof Error ? error.message : error}`;
      }
    }),
  ];
}
