import { setImageActive } from "@glimpse/client/image-actions.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";

async function run(ctx: Context, { args: [image = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => setImageActive(session, id, "reactivate"));
  return EXIT.ok;
}

export const imageReactivate: CommandSpec<object> = {
  name: "image-reactivate",
  summary: "let everybody who sees an image download it again",
  declare(command) {
    command.argument("<image>", "id of the image, or its name");
  },
  run,
};
