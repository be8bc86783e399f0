import { projects } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { type ChangeOptions, changesFrom, declareChanges } from "../identity-changes.ts";

async function run(
  ctx: Context,
  { args: [project = ""], options }: CommandInput<ChangeOptions>,
): Promise<number> {
  const fields = changesFrom(options);
  const session = await ctx.session();
  const { id } = await projects.find(session, project);
  await projects.update(session, id, fields);
  return EXIT.ok;
}

export const projectSet: CommandSpec<ChangeOptions> = {
  name: "project-set",
  summary: "enable or disable a project, or change its name",
  declare(command) {
    command.argument("<project>", "id of the project, or its name");
    declareChanges(command);
  },
  run,
};
