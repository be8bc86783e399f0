import { grantRole } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { declareGrant, type GrantOptions, grantFrom } from "../role-grant.ts";

async function run(ctx: Context, input: CommandInput<GrantOptions>): Promise<number> {
  await grantRole(await ctx.session(), await grantFrom(ctx, input));
  return EXIT.ok;
}

export const roleAdd: CommandSpec<GrantOptions> = {
  name: "role-add",
  summary: "give a user a role on a project",
  declare: declareGrant,
  run,
};
