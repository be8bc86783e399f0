import { Command, CommanderError, Option } from "commander";
import { type CommandSpec, collect } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { type Context, FORMATS, type Format } from "./context.ts";
import { EXIT, usageError } from "./errors.ts";
import packageFile from "./package.json" with { type: "json" };
import { SETTINGS, type SettingName } from "./settings.ts";

/** Options that stand before or after any command. */
export type GlobalOptions = Readonly<Partial<Record<SettingName, string>>> & {
  readonly format: Format;
  readonly columns: readonly string[];
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly insecure: boolean;
};

export interface Streams {
  write(text: string): void;
  writeError(text: string): void;
}

const WORDS = `
Every command of several words may also be written as two: \`glimpse image create\` is \`glimpse image-create\`.
\`glimpse help COMMAND\` explains one. Every --os-* option can be set by the variable of its name: --os-auth-url by OS_AUTH_URL.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

/** Runs the command that the words name. Resolves to the exit code; rejects with the command's failure. */
export async function runProgram(
  words: readonly string[],
  streams: Streams,
  contextFor: (options: GlobalOptions) => Context,
): Promise<number> {
  let exitCode: number = EXIT.usage;
  const program = declareProgram(streams);
  for (const spec of COMMANDS) {
    const start = async (command: Command) => {
      refuseEmpty(command);
      const ctx = contextFor(globalsFrom(program));
      exitCode = await spec.run(ctx, { args: command.args, options: command.opts() });
    };
    declareCommand(program.command(spec.name), spec, start);
    const dash = spec.name.indexOf("-");
    if (dash < 0) continue;
    const group = nounGroup(program, spec.name.slice(0, dash));
    declareCommand(group.command(spec.name.slice(dash + 1)), spec, start);
  }
  try {
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

function declareProgram(streams: Streams): Command {
  const program = new Command("glimpse")
    .description("Keep, find and fetch VM disk images in a service that speaks the OpenStack Image API v2.")
    .version(packageFile.version)
    .exitOverride()
    .configureOutput({ writeOut: streams.write, writeErr: streams.writeError })
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError("`glimpse help COMMAND` shows how it is used.")
    .addHelpText("after", WORDS)
    .addOption(new Option("-f, --format <format>", "of the answer").choices(FORMATS).default("table"))
    .option("-c, --column <field>", "show this field alone; may be repeated", collect)
    .option("-v, --verbose", "show more columns in lists")
    .option("-d, --debug", "tell on standard error what is asked of the service; never tokens or passwords")
    .option("-k, --insecure", "trust any certificate")
    .addOption(new Option("--os-image-api-version <version>").hideHelp());
  for (const [name, source] of Object.entries(SETTINGS)) {
    const help = "help" in source ? source.help : `as ${source.env[0]}`;
    program.option(`--${name} <value>`, help);
  }
  return program;
}

function declareCommand<O extends object>(
  command: Command,
  spec: CommandSpec<O>,
  start: (command: Command) => Promise<void>,
): void {
  command.description(spec.summary);
  spec.declare(command);
  command.action(() => start(command));
}

/** No id or name is empty: an empty argument means that a shell variable was not set. */
function refuseEmpty(command: Command): void {
  const at = command.args.indexOf("");
  if (at < 0) return;
  const { registeredArguments: known } = command;
  const name = known[Math.min(at, known.length - 1)]?.name() ?? "argument";
  throw usageError(`The ${name} is empty.`, "`glimpse help COMMAND` shows how it is used.");
}

function nounGroup(program: Command, noun: string): Command {
  const known = program.commands.find((command) => command.name() === noun);
  return known ?? program.command(noun, { hidden: true }).description(`commands for each ${noun}`);
}

function globalsFrom(program: Command): GlobalOptions {
  const given = program.opts();
  const settings = Object.keys(SETTINGS).map((name) => [name, given[camelCase(name)]]);
  return {
    ...Object.fromEntries(settings.filter(([, value]) => value !== undefined)),
    format: given.format,
    columns: given.column ?? [],
    verbose: given.verbose ?? false,
    debug: given.debug ?? false,
    insecure: given.insecure ?? false,
  };
}

const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
