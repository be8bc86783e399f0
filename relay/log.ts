import { type Logger, pino, stdSerializers } from "pino";
import { codeOf } from "./drivers/disk-error.ts";
import type { RelaySettings } from "./settings.ts";

/** A system call for the line of each request was an eighth of the time that a show takes here. */
const LATE_MILLISECONDS = 50;
const TOGETHER_CHARACTERS = 8 * 1024;
const WARNING = pino.levels.values.warn ?? 40;

/** Lines are written together, soon after the first of them; a warning at once, with all that were before it. */
class Lines {
  /** Has pino set `lastLevel` before each line. */
  readonly [pino.symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  /** Gives up what it cannot write, as on a pipe that nobody reads any more. */
  readonly #out = pino.destination({ sync: true });
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    process.once("exit", () => this.#flush());
  }

  write(line: string): void {
    this.#waiting += line;
    if (this.lastLevel >= WARNING || this.#waiting.length > TOGETHER_CHARACTERS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), LATE_MILLISECONDS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = "";
    if (text !== "") this.#out.write(text);
  }
}

let lines: Lines | undefined;

/** Errors of the system or the network are logged in one line; only unexpected ones need a stack trace. */
const errorField = (error: Error): unknown =>
  codeOf(error) === undefined ? stdSerializers.err(error) : `${codeOf(error)}: ${error.message}`;

/** The relay's log, on its standard output. */
export function logOf({ logLevel }: RelaySettings): Logger {
  lines ??= new Lines();
  return pino(
    {
      level: logLevel,
      messageKey: "message",
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorField },
      formatters: { level: (level) => ({ level }) },
    },
    lines,
  );
}
