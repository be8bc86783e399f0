import type { Readable, Writable } from "node:stream";
import type { Session } from "@glimpse/client/session.ts";

export const FORMATS = ["table", "json", "value"] as const;
export type Format = (typeof FORMATS)[number];

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean };

/** Standard input as data: where it comes from decides whether there may be any. */
export interface StandardInput {
  readonly stream: Input;
  /** Bytes that are left, for a file; nothing is known of a pipe. */
  readonly size?: number | undefined;
}

/** All that a command knows of the world, so that tests call it as a person does. */
export interface Context {
  /** Reads the settings and makes the session that the whole command uses; asks for a password when it must. */
  session(): Promise<Session>;
  readonly stdin: StandardInput;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly format: Format;
  /** Fields to show, when not all are wanted. */
  readonly columns: readonly string[];
  readonly verbose: boolean;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
