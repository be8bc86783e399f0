import { listAssignments, projects, roles, users } from "@glimpse/client/identity.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printEntities } from "../output/entity.ts";
import { type Column, printList } from "../output/print.ts";

interface ListOptions {
  readonly user?: string;
  readonly project?: string;
}

const ASSIGNED: readonly Column[] = [
  { heading: "Role", field: "role" },
  { heading: "User", field: "user" },
  { heading: "Project", field: "project" },
];

/** Lists all roles, or those that a user has, or those held on a project. */
async function run(ctx: Context, { options }: CommandInput<ListOptions>): Promise<number> {
  const session = await ctx.session();
  if (options.user === undefined && options.project === undefined) {
    await printEntities(ctx, await roles.list(session));
    return EXIT.ok;
  }
  const user = options.user === undefined ? undefined : await users.find(session, options.user);
  const project = options.project === undefined ? undefined : await projects.find(session, options.project);
  const assignments = await listAssignments(session, { userId: user?.id, projectId: project?.id });
  const rows = assignments.map(({ role, user, scope }) => ({
    role: role.name ?? role.id,
    user: user?.name ?? user?.id,
    project: scope.project?.name ?? scope.project?.id,
  }));
  await printList(ctx, ASSIGNED, rows);
  return EXIT.ok;
}

export const roleList: CommandSpec<ListOptions> = {
  name: "role-list",
  summary: "list the roles, or who has which of them on which project",
  declare(command) {
    command
      .option("--user <user>", "roles that this user has")
      .option("--project <project>", "roles that are held on this project");
  },
  run,
};
