import { listMembers } from "@glimpse/client/members.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { printMembers } from "../member-command.ts";

interface ListOptions {
  readonly imageId: string;
}

async function run(ctx: Context, { options }: CommandInput<ListOptions>): Promise<number> {
  const session = await ctx.session();
  await printMembers(ctx, await withImage(session, options.imageId, (id) => listMembers(session, id)));
  return EXIT.ok;
}

export const memberList: CommandSpec<ListOptions> = {
  name: "member-list",
  summary: "list the projects that an image is shared with",
  declare(command) {
    command.requiredOption("--image-id <image>", "id of the image, or its name");
  },
  run,
};
