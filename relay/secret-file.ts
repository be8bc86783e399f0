import { readFileSync, statSync } from "node:fs";

/** Returned in place of an unreadable secret; long enough to pass the check of its length. */
const UNREADABLE = " ".repeat(32);

export const isWorldReadable = (file: string): boolean => (statSync(file).mode & 0o004) !== 0;

/** The content of the file that the settings name under `name`. Adds what is wrong with it to `problems`. */
export function secretFromFile(path: string, name: string, problems: string[]): string {
  try {
    if (isWorldReadable(path)) problems.push(`${name}: everyone may read ${path}`);
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return UNREADABLE;
  }
}
