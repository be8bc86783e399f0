import { putTag } from "@glimpse/client/image-actions.ts";
import { type Image, showImage } from "@glimpse/client/images.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { type ColumnOf, printList } from "../output/print.ts";

const COLUMNS: readonly ColumnOf<Image>[] = [
  { heading: "ID", field: "id" },
  { heading: "Tags", field: "tags" },
];

async function run(ctx: Context, { args: [image = "", tag = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const tagged = await withImage(session, image, async (id) => {
    await putTag(session, id, tag);
    return showImage(session, id);
  });
  await printList(ctx, COLUMNS, [tagged]);
  return EXIT.ok;
}

export const imageTagUpdate: CommandSpec<object> = {
  name: "image-tag-update",
  summary: "put a tag on an image",
  declare(command) {
    command.argument("<image>", "id of the image, or its name").argument("<tag>", "the tag");
  },
  run,
};
