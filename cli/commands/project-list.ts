import { projects } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printEntities } from "../output/entity.ts";

async function run(ctx: Context, _input: CommandInput<object>): Promise<number> {
  await printEntities(ctx, await projects.list(await ctx.session()), { enabled: true });
  return EXIT.ok;
}

export const projectList: CommandSpec<object> = {
  name: "project-list",
  summary: "list the projects",
  declare() {},
  run,
};
