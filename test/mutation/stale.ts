import { readFileSync } from "node:fs";
import { ROWS } from "../conformance/api/rows.ts";
import { documentText } from "./documents/edit.ts";
import { WRONG_DOCUMENTS } from "./documents/wrong.ts";
import { API_ROWS, type Mutation } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";

const root = new URL("../../", import.meta.url);

/** What is wrong with a mutation before it is tried: its text is gone, or is not the only one, or there is no such test. */
export function staleness({ file, from, to, tests, fails }: Mutation): string | undefined {
  const text = readFileSync(new URL(file, root), "utf8");
  const times = text.split(from).length - 1;
  if (times !== 1) return `${file} has ${JSON.stringify(from)} ${times} times, not once`;
  if (from === to) return `${file}: ${JSON.stringify(from)} is replaced by itself`;
  if (fails.length === 0) return `${file}: no test is named that fails without ${JSON.stringify(from)}`;
  const unknown = fails.find((title) => !has(tests, title));
  return unknown === undefined ? undefined : `there is no test ${JSON.stringify(unknown)} in ${tests}`;
}

function has(tests: string, title: string): boolean {
  if (tests === API_ROWS) return ROWS.some(({ row }) => row === title);
  return readFileSync(new URL(tests, root), "utf8").split(`test("${title}"`).length === 2;
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
