import { showImage } from "@glimpse/client/images.ts";
import { type CommandInput, type CommandSpec, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { dataSource } from "../data-source.ts";
import { EXIT, usageError } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { checkStore, type SendOptions, sendData } from "../send-data.ts";

interface UploadOptions extends SendOptions {
  readonly file?: string;
}

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<UploadOptions>,
): Promise<number> {
  const source = await dataSource(ctx, options.file);
  if (!source) throw usageError("There is no data to upload.", "Give --file, or data on standard input.");
  try {
    const session = await ctx.session();
    await checkStore(ctx, options);
    const { id } = await withImage(session, image, (known) => showImage(session, known));
    await sendData(ctx, id, source, options);
    return EXIT.ok;
  } finally {
    await source.close();
  }
}

export const imageUpload: CommandSpec<UploadOptions> = {
  name: "image-upload",
  summary: "send the data of an image that has none yet",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .option("--file <file>", "file with its data; standard input otherwise")
      .option("--size <bytes>", "length of the data on standard input", wholeNumber)
      .option("--store <store>", "store that takes the data (default: OS_IMAGE_STORE)")
      .option("--progress", "show how far the data is, on a terminal");
  },
  run,
};
