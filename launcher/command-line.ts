import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Overrides, readSettings, type Settings, SettingsError } from "./settings.ts";

/** Prints what was refused and what to do about it: two lines, or one more per further mistake. */
export function refuse(exitCode: number, what: string, todo: string): never {
  process.stderr.write(`${what}\n${todo}\n`);
  process.exit(exitCode);
}

/** Parses the command-line options. Prints what is wrong with them, or the help text, and exits. */
export function optionsOf<const T extends NonNullable<ParseArgsConfig["options"]>>(
  options: T,
  usage: string,
) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if (!("help" in values && values.help)) return values;
  } catch (error) {
    refuse(2, (error as Error).message, usage);
  }
  process.stdout.write(usage);
  process.exit(0);
}

/** The settings; prints all mistakes in them and exits if there are any. */
export function settingsFrom(overrides: Overrides): Settings {
  try {
    return readSettings(overrides);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    refuse(
      2,
      `The settings have ${error.problems.length} mistake(s):\n  ${error.problems.join("\n  ")}`,
      "Mend them.",
    );
  }
}
