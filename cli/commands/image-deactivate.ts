import { setImageActive } from "@glimpse/client/image-actions.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";

async function run(ctx: Context, { args: [image = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => setImageActive(session, id, "deactivate"));
  return EXIT.ok;
}

export const imageDeactivate: CommandSpec<object> = {
  name: "image-deactivate",
  summary: "let administrators alone download an image",
  declare(command) {
    command.argument("<image>", "id of the image, or its name");
  },
  run,
};
