import { deleteLocations } from "@glimpse/client/locations.ts";
import { type CommandInput, type CommandSpec, collect } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";

interface DeleteOptions {
  readonly url: readonly string[];
}

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<DeleteOptions>,
): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => deleteLocations(session, id, options.url));
  return EXIT.ok;
}

export const locationDelete: CommandSpec<DeleteOptions> = {
  name: "location-delete",
  summary: "take locations off an image",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .requiredOption("--url <url>", "URL of the location; may be repeated", collect);
  },
  run,
};
