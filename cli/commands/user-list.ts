import { users } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printEntities } from "../output/entity.ts";

async function run(ctx: Context, _input: CommandInput<object>): Promise<number> {
  await printEntities(ctx, await users.list(await ctx.session()), { enabled: true });
  return EXIT.ok;
}

export const userList: CommandSpec<object> = {
  name: "user-list",
  summary: "list the users",
  declare() {},
  run,
};
