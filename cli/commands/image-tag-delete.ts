import { deleteTag } from "@glimpse/client/image-actions.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";

async function run(ctx: Context, { args: [image = "", tag = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => deleteTag(session, id, tag));
  return EXIT.ok;
}

export const imageTagDelete: CommandSpec<object> = {
  name: "image-tag-delete",
  summary: "take a tag off an image",
  declare(command) {
    command.argument("<image>", "id of the image, or its name").argument("<tag>", "the tag");
  },
  run,
};
