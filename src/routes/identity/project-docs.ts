import { query, type RouteDescription } from "../../openapi/describe.ts";
import { PROJECT_ID_EXAMPLE, USER_ID_EXAMPLE } from "../../openapi/examples.ts";
import { DOMAIN, describes, done, ENABLED, LAST, managed, NOT_ADMIN, name, shows } from "./docs.ts";

/** Descriptions of projects, roles and who has which where (projects.ts, roles.ts, role-assignments.ts). */

const USER_ROLES = "/projects/{project_id}/users/{user_id}/roles";
const ASSIGNMENT = `${USER_ROLES}/{role_id}`;
const assignment = ["project_id", "user_id", "role_id"];
const NO_ASSIGNMENT = "The user does not have this role on this project.";

const ROLE = "9fe2ff9ee4384b1894a90878d3e92bab";
const text = { type: "string" };
/** Keystone's clients send these requests too. */
const none = (name: string, why: string, example: string) =>
  query(name, `${why}: whatever its value, the list is empty`, text, example);

export const projectDocs: readonly RouteDescription[] = [
  describes({
    method: "get",
    path: "/auth/projects",
    operationId: "list_own_projects",
    summary: "List the projects that the caller can get a token for",
    description:
      "By name: the enabled projects on which the token's user has a role, whichever of them, or none, the token is for.",
    answers: shows("The projects", "ProjectList"),
  }),
  ...managed({
    kind: "project",
    schema: "Project",
    list: {
      description:
        "For administrators: all of them, by name. What is to be listed must meet every filter. For others there is `list_own_projects`.",
      parameters: [name("analysis"), ENABLED, DOMAIN],
      when: { 403: NOT_ADMIN },
    },
    create: {
      description:
        "For administrators. The name is 1 to 64 characters without the blanks at its ends, and no other project's. Nobody has a role on it yet, the caller neither.",
      example: { project: { name: "analysis" } },
    },
    show: { description: "The one of the token; administrators any.", when: { 403: NOT_ADMIN } },
    update: {
      description:
        "For administrators; what is not named stays. Being disabled ends all tokens for the project, for good: being enabled again does not revive them.",
      example: { project: { enabled: false } },
    },
    remove: {
      description:
        "For administrators. Roles on the project, and application credentials for it, go too. One that owns images stays: delete them first, or give them to another owner.",
      gone: "The project is gone, and so are the tokens for it",
      when: { 409: "It owns images." },
    },
  }),
  ...managed({
    kind: "role",
    schema: "Role",
    list: {
      description: "All of them, by name, for anybody with a token. Names are compared in whatever case.",
      parameters: [name("member")],
    },
    create: {
      description:
        "For administrators. The name is 1 to 255 characters without the blanks at its ends, and no other role's, in whatever case. What a role may do is said by the operator's policy: one that it does not name may do nothing.",
      example: { role: { name: "auditor" } },
    },
    show: { description: "For anybody with a token." },
    remove: {
      description:
        "For administrators. `admin`, `member`, `reader` and `service`, which policy names from the start, stay.",
      gone: "The role is gone, and nobody has it any more",
      when: { 403: "The caller is no administrator, or the role is one that policy names." },
    },
  }),
  describes({
    method: "get",
    path: "/role_assignments",
    operationId: "list_role_assignments",
    summary: "List who has which role on which project",
    description:
      "One's own, by a `user.id` that is the caller's; administrators all. What is to be listed must meet every filter.",
    more: {
      parameters: [
        query("user.id", "Id of the user who has the role", text, USER_ID_EXAMPLE),
        query("scope.project.id", "Id of the project that it is on", text, PROJECT_ID_EXAMPLE),
        query("role.id", "Id of the role, assigned itself: not by another that implies it", text, ROLE),
        query(
          "include_names",
          "Whether names are told beside ids. `false` in any case is no, anything else is yes",
          { type: "boolean", default: false },
          true,
        ),
        none("group.id", "There are no groups", "a4e1f2d3c4b59687a4e1f2d3c4b59687"),
        none("scope.system", "Nobody has a role on the system", "all"),
        none("scope.domain.id", "Nobody has a role on a domain", "default"),
        none("scope.OS-INHERIT:inherited_to", "No role is inherited", "projects"),
      ],
    },
    answers: shows("The assignments", "RoleAssignmentList"),
    when: { 403: NOT_ADMIN },
  }),
  describes({
    method: "get",
    path: USER_ROLES,
    operationId: "list_user_roles",
    summary: "List the roles that a user has on a project",
    description:
      "For administrators. Those that were assigned: what they imply (`admin` implies `member`, and that `reader`) is not listed.",
    named: ["project_id", "user_id"],
    answers: shows("The roles", "AssignedRoleList"),
    when: { 403: NOT_ADMIN, 404: "There is no such user or project." },
  }),
  describes({
    method: "put",
    path: ASSIGNMENT,
    operationId: "assign_role",
    summary: "Give a user a role on a project",
    description: "For administrators. Done as well where the user has it already. There is no body.",
    named: assignment,
    answers: done("The user has it"),
    when: { 403: NOT_ADMIN, 404: "There is no such user, project or role." },
  }),
  describes({
    method: "get",
    path: ASSIGNMENT,
    operationId: "check_role_assignment",
    summary: "Check whether a user has a role on a project",
    description: "For administrators. A role that another one implies does not count; `HEAD` asks the same.",
    named: assignment,
    answers: done("The user has it"),
    when: { 403: NOT_ADMIN, 404: NO_ASSIGNMENT },
  }),
  describes({
    method: "delete",
    path: ASSIGNMENT,
    operationId: "unassign_role",
    summary: "Take a role on a project from a user",
    description: "For administrators. With the last one the user's tokens for the project end.",
    named: assignment,
    answers: done("The user does not have it any more"),
    when: { 403: `${NOT_ADMIN} Or: ${LAST}`, 404: NO_ASSIGNMENT },
  }),
];
