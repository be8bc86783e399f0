import { type Grant, projects, roles, users } from "@glimpse/client/identity.ts";
import type { Command } from "commander";
import type { CommandInput } from "./command.ts";
import type { Context } from "./context.ts";

export interface GrantOptions {
  readonly user: string;
  readonly project: string;
}

/** The words that name one role of one user on one project. */
export function declareGrant(command: Command): void {
  command
    .argument("<role>", "admin, member, reader or another; or its id")
    .requiredOption("--user <user>", "id of the user, or its name")
    .requiredOption("--project <project>", "id of the project, or its name");
}

export async function grantFrom(
  ctx: Context,
  { args: [role = ""], options }: CommandInput<GrantOptions>,
): Promise<Grant> {
  const session = await ctx.session();
  const { id: userId } = await users.find(session, options.user);
  const { id: projectId } = await projects.find(session, options.project);
  const { id: roleId } = await roles.find(session, role);
  return { userId, projectId, roleId };
}
