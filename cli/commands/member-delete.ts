import { deleteMember } from "@glimpse/client/members.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { declareMember } from "../member-command.ts";

async function run(ctx: Context, { args: [image = "", member = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  await withImage(session, image, (id) => deleteMember(session, id, member));
  return EXIT.ok;
}

export const memberDelete: CommandSpec<object> = {
  name: "member-delete",
  summary: "share an image with a project no longer",
  declare: declareMember,
  run,
};
