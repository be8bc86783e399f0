import { createMember } from "@glimpse/client/members.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { declareMember, printMembers } from "../member-command.ts";

async function run(ctx: Context, { args: [image = "", member = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const made = await withImage(session, image, (id) => createMember(session, id, member));
  await printMembers(ctx, [made]);
  return EXIT.ok;
}

export const memberCreate: CommandSpec<object> = {
  name: "member-create",
  summary: "share an image with a project",
  declare: declareMember,
  run,
};
