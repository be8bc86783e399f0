import type { Readable, Writable } from "node:stream";
import type { Session } from "@glimpse/client/session.ts";

export const FORMATS = ["table", "json", "value"] as const;
export type Format = (typeof FORMATS)[number];

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean };

/** Standard input as a source of data. Where it comes from decides whether there may be any. */
export interface StandardInput {
  readonly stream: Input;
  /** Bytes left to read, for a file; undefined for a pipe. */
  readonly size?: number | undefined;
}

/** Everything that a command needs from outside, so that tests can call it as a person does. */
export interface Context {
  /** Reads the settings and creates the session that the whole command uses. Asks for a password when it must. */
  session(): Promise<Session>;
  readonly stdin: StandardInput;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly format: Format;
  /** The fields to show, when not all are wanted. */
  readonly columns: readonly string[];
  readonly verbose: boolean;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
