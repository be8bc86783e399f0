import { MEMBER_STATUSES, type MemberStatus, updateMember } from "@glimpse/client/members.ts";
import { Argument } from "commander";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { declareMember, printMembers } from "../member-command.ts";

async function run(
  ctx: Context,
  { args: [image = "", member = "", status = ""] }: CommandInput<object>,
): Promise<number> {
  // Commander has checked that it is one of the choices.
  const change = { member, status: status as MemberStatus };
  const session = await ctx.session();
  const updated = await withImage(session, image, (id) => updateMember(session, id, change));
  await printMembers(ctx, [updated]);
  return EXIT.ok;
}

export const memberUpdate: CommandSpec<object> = {
  name: "member-update",
  summary: "accept or reject an image that was shared with you",
  declare(command) {
    declareMember(command).addArgument(
      new Argument("<status>", "what you think of it").choices(MEMBER_STATUSES),
    );
  },
  run,
};
