import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Overrides, readSettings, type Settings, SettingsError } from "./settings.ts";

/** Says what was refused, and what to do about it, in two lines or as many as there are mistakes. */
export function refuse(exitCode: number, what: string, todo: string): never {
  process.stderr.write(`${what}\n${todo}\n`);
  process.exit(exitCode);
}

/** What the words after a program's name say of its options; tells of wrong ones, or of all, and ends the program. */
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

/** The settings, or all that is wrong with them and the end of the program. */
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
