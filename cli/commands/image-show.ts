import { showImage } from "@glimpse/client/images.ts";
import { type CommandInput, type CommandSpec, positiveNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { shownImage } from "../image-attributes.ts";
import { printRecord } from "../output/print.ts";
import { humanSize } from "../output/size.ts";

interface ShowOptions {
  readonly humanReadable?: boolean;
  readonly maxColumnWidth?: number;
}

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<ShowOptions>,
): Promise<number> {
  const session = await ctx.session();
  const found = await withImage(session, image, (id) => showImage(session, id));
  const shown = shownImage(found);
  await printRecord(ctx, found, {
    shown: options.humanReadable ? { ...shown, size: humanSize(found.size ?? 0) } : shown,
    ...(options.maxColumnWidth === undefined ? {} : { columnWidth: options.maxColumnWidth }),
  });
  return EXIT.ok;
}

export const imageShow: CommandSpec<ShowOptions> = {
  name: "image-show",
  summary: "show all about an image",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .option("--human-readable", "show the size in kB, MB, GB")
      .option("--max-column-width <columns>", "where the table breaks long values", positiveNumber);
  },
  run,
};
