import { users } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { oneByOne } from "../one-by-one.ts";

async function run(ctx: Context, { args }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  return oneByOne(ctx, args, async (user) => {
    const { id } = await users.find(session, user);
    await users.remove(session, id);
  });
}

export const userDelete: CommandSpec<object> = {
  name: "user-delete",
  summary: "delete users",
  declare(command) {
    command.argument("<user...>", "ids of the users, or their names");
  },
  run,
};
