import { secretFromFile } from "./secret-file.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The settings file can be read by more than its owner and group, so no secret may stand in it. */
  readonly worldReadable: boolean;
}

/** Where a secret is: exactly one of these must be given. */
export interface SecretEntry {
  readonly value?: string | undefined;
  readonly file?: string | undefined;
  readonly env?: string | undefined;
}

/** The secret of the field. Adds what is wrong to `problems`, but never the secret. */
export function secretIn(
  { env: variable, file, value }: SecretEntry,
  field: string,
  at: string,
  around: Surroundings,
  problems: string[],
): string {
  if ([value, file, variable].filter((given) => given !== undefined).length !== 1) {
    problems.push(`${at}: needs exactly one of ${field}, ${field}_file and ${field}_env`);
    return "";
  }
  if (value !== undefined && around.worldReadable)
    problems.push(`${at}.${field}: stands in a file that everyone may read`);
  const found =
    value ??
    (variable === undefined
      ? secretFromFile(file ?? "", `${at}.${field}_file`, problems)
      : around.env[variable]);
  if (found === undefined) problems.push(`${at}.${field}_env: ${variable} is not set`);
  else if (found === "") problems.push(`${at}: the ${field} is empty`);
  return found ?? "";
}
