import { showMember } from "@glimpse/client/members.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { declareMember } from "../member-command.ts";
import { printRecord } from "../output/print.ts";

async function run(ctx: Context, { args: [image = "", member = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  await printRecord(ctx, await withImage(session, image, (id) => showMember(session, id, member)));
  return EXIT.ok;
}

export const memberGet: CommandSpec<object> = {
  name: "member-get",
  summary: "show a project that an image is shared with",
  declare: declareMember,
  run,
};
