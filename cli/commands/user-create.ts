import { given } from "@glimpse/client/given.ts";
import { type UserFields, users } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printEntity } from "../output/entity.ts";
import { newPassword } from "../password.ts";

interface CreateOptions {
  readonly passwordFile?: string;
  readonly email?: string;
  readonly description?: string;
  readonly disable?: boolean;
}

async function run(
  ctx: Context,
  { args: [name = ""], options }: CommandInput<CreateOptions>,
): Promise<number> {
  const password = await newPassword(ctx, options.passwordFile);
  const { email, description } = options;
  const fields = given<UserFields>({ name, password, email, description, enabled: !options.disable });
  await printEntity(ctx, await users.create(await ctx.session(), fields));
  return EXIT.ok;
}

export const userCreate: CommandSpec<CreateOptions> = {
  name: "user-create",
  summary: "create a user, whose password is asked for",
  declare(command) {
    command
      .argument("<name>", "name to log in with")
      .option("--password-file <file>", "file whose first line is the password, or - for standard input")
      .option("--email <address>", "where to write to")
      .option("--description <text>", "what the user is for")
      .option("--disable", "create it disabled");
  },
  run,
};
