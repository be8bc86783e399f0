import { revokeRole } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { declareGrant, type GrantOptions, grantFrom } from "../role-grant.ts";

async function run(ctx: Context, input: CommandInput<GrantOptions>): Promise<number> {
  await revokeRole(await ctx.session(), await grantFrom(ctx, input));
  return EXIT.ok;
}

export const roleRemove: CommandSpec<GrantOptions> = {
  name: "role-remove",
  summary: "take a role on a project from a user",
  declare: declareGrant,
  run,
};
