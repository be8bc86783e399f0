import { type Command, InvalidArgumentError } from "commander";
import type { Context } from "./context.ts";

export type OptionValues = Readonly<Record<string, unknown>>;

/** What follows the command's name on the command line; `O` is the type that its own options parse to. */
export interface CommandInput<O> {
  readonly args: readonly string[];
  readonly options: O;
}

/** One command: its name (`image-show`, also reached as `image show`; `usage`), its flags, and what it does. */
export interface CommandSpec<O extends object = OptionValues> {
  readonly name: string;
  readonly summary: string;
  declare(command: Command): void;
  /** Resolves to the exit code; rejects with what went wrong. */
  run(ctx: Context, input: CommandInput<O>): Promise<number>;
}

/** Option parsers, for commander; each rejects with the words that follow "argument is invalid". */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("It is a whole number, zero or more.");
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError("It is one or more.");
  return value;
}

/**
 * The words that the stock client takes for true, and their opposites. The stock client takes any other word for false;
 * we reject it.
 */
export function trueOrFalse(text: string): boolean {
  const word = text.toLowerCase();
  if (["true", "t", "1", "yes", "y", "on"].includes(word)) return true;
  if (["false", "f", "0", "no", "n", "off"].includes(word)) return false;
  throw new InvalidArgumentError("It is True or False.");
}

export const collect = (text: string, sofar: readonly string[] = []): readonly string[] => [...sofar, text];

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

export function collectKeyValue(text: string, sofar: readonly KeyValue[] = []): readonly KeyValue[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It has the form KEY=VALUE.");
  return [...sofar, { key: text.slice(0, at), value: text.slice(at + 1) }];
}
