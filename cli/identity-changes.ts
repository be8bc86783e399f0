import { given } from "@glimpse/client/given.ts";
import type { ProjectChanges, UserChanges } from "@glimpse/client/identity.ts";
import type { Command } from "commander";
import { usageError } from "./errors.ts";

/** What can be changed of both a user and a project. */
export interface ChangeOptions {
  readonly name?: string;
  readonly description?: string;
  readonly enable?: boolean;
  readonly disable?: boolean;
}

export function declareChanges(command: Command): void {
  command
    .option("--name <name>", "new name")
    .option("--description <text>", "what it is for")
    .option("--enable", "let it be used again")
    .option("--disable", "end its use, and its tokens");
}

type CommonChanges = Pick<UserChanges & ProjectChanges, "name" | "description" | "enabled">;

/** The fields to change. Throws when there are none, unless the caller has changes of its own. */
export function changesFrom(options: ChangeOptions, other?: unknown): CommonChanges {
  const { name, description, enable, disable } = options;
  if (enable && disable) throw usageError("--enable and --disable exclude one another.", "Give one of them.");
  const enabled = enable ? true : disable ? false : undefined;
  if ([name, description, enabled, other].every((value) => value === undefined))
    throw usageError("There is nothing to change.", "Say what to, with an option; `--help` lists them.");
  return given<CommonChanges>({ name, description, enabled });
}
