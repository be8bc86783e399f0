import { deleteStoreCopy } from "@glimpse/client/locations.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";

interface DeleteOptions {
  readonly store: string;
}

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<DeleteOptions>,
): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => deleteStoreCopy(session, id, options.store));
  return EXIT.ok;
}

export const storesDelete: CommandSpec<DeleteOptions> = {
  name: "stores-delete",
  summary: "delete the copy of an image that one store holds, where others hold it too",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .requiredOption("--store <store>", "id of the store");
  },
  run,
};
