import { readFileSync, statSync } from "node:fs";

const EVERYBODY_READS = 0o004;

/** The content of the file that the settings name under `name`. Adds what is wrong with it to `problems`. */
export function secretFromFile(path: string, name: string, problems: string[]): string {
  try {
    if ((statSync(path).mode & EVERYBODY_READS) !== 0) problems.push(`${name}: everyone may read ${path}`);
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message}`);
    return "unreadable";
  }
}
