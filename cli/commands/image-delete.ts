import type { ClientError } from "@glimpse/client/errors.ts";
import { deleteImage } from "@glimpse/client/images.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { CommandError, nextAfter } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { oneByOne } from "../one-by-one.ts";

async function run(ctx: Context, { args }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const remove = (image: string) => withImage(session, image, (id) => deleteImage(session, id));
  return oneByOne(ctx, args, remove, refused);
}

/** Worded as the stock client words it; the advice line carries the service's own message. */
function refused(image: string, error: ClientError | CommandError): unknown {
  if (error instanceof CommandError) return error;
  if (error.status === 404)
    return new CommandError(`No image with an ID of '${image}' exists.`, nextAfter(error));
  const next = `${error.message} ${nextAfter(error)}`;
  if (error.status === 403)
    return new CommandError(`You are not permitted to delete the image '${image}'.`, next);
  if (error.status === 409)
    return new CommandError(`Unable to delete image '${image}' because it is in use.`, next);
  return new CommandError(`Unable to delete image '${image}'.`, next);
}

export const imageDelete: CommandSpec<object> = {
  name: "image-delete",
  summary: "delete images and their data",
  declare(command) {
    command.argument("<image...>", "ids of the images, or their names");
  },
  run,
};
