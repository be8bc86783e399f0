import { given } from "@glimpse/client/given.ts";
import { type ProjectFields, projects } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printEntity } from "../output/entity.ts";

interface CreateOptions {
  readonly description?: string;
  readonly disable?: boolean;
}

async function run(
  ctx: Context,
  { args: [name = ""], options }: CommandInput<CreateOptions>,
): Promise<number> {
  const fields = given<ProjectFields>({ name, description: options.description, enabled: !options.disable });
  await printEntity(ctx, await projects.create(await ctx.session(), fields));
  return EXIT.ok;
}

export const projectCreate: CommandSpec<CreateOptions> = {
  name: "project-create",
  summary: "create a project",
  declare(command) {
    command
      .argument("<name>", "its name")
      .option("--description <text>", "what it is for")
      .option("--disable", "create it disabled");
  },
  run,
};
