import { projects } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { oneByOne } from "../one-by-one.ts";

async function run(ctx: Context, { args }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  return oneByOne(ctx, args, async (project) => {
    const { id } = await projects.find(session, project);
    await projects.remove(session, id);
  });
}

export const projectDelete: CommandSpec<object> = {
  name: "project-delete",
  summary: "delete projects",
  declare(command) {
    command.argument("<project...>", "ids of the projects, or their names");
  },
  run,
};
