import { given } from "@glimpse/client/given.ts";
import { type UserChanges, users } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { type ChangeOptions, changesFrom, declareChanges } from "../identity-changes.ts";
import { newPassword } from "../password.ts";

interface SetOptions extends ChangeOptions {
  readonly email?: string;
  readonly password?: boolean;
  readonly passwordFile?: string;
}

async function run(ctx: Context, { args: [user = ""], options }: CommandInput<SetOptions>): Promise<number> {
  const wantsPassword = options.password || options.passwordFile !== undefined;
  const fields = changesFrom(options, wantsPassword ? "password" : options.email);
  const session = await ctx.session();
  const { id } = await users.find(session, user);
  const password = wantsPassword ? await newPassword(ctx, options.passwordFile) : undefined;
  await users.update(session, id, given<UserChanges>({ ...fields, email: options.email, password }));
  return EXIT.ok;
}

export const userSet: CommandSpec<SetOptions> = {
  name: "user-set",
  summary: "enable or disable a user, or change its password or its name",
  declare(command) {
    command.argument("<user>", "id of the user, or its name");
    declareChanges(command);
    command
      .option("--password", "ask for a new password")
      .option("--password-file <file>", "file whose first line is the new password, or - for standard input")
      .option("--email <address>", "where to write to");
  },
  run,
};
