import { query, type RouteDescription } from "../../openapi/describe.ts";
import { DOMAIN, describes, done, ENABLED, LAST, managed, NAME, NOT_ADMIN, shows } from "./docs.ts";

/** Descriptions of projects, roles and who has which where (projects.ts, roles.ts, role-assignments.ts). */

const USER_ROLES = "/projects/{project_id}/users/{user_id}/roles";
const ASSIGNMENT = `${USER_ROLES}/{role_id}`;
const assignment = ["project_id", "user_id", "role_id"];
const NO_ASSIGNMENT = "The user does not have this role on this project.";

export const projectDocs: readonly RouteDescription[] = [
  describes({
    method: "get",
    path: "/auth/projects",
    operationId: "list_own_projects",
    summary: "List the projects that the caller can get a token for",
    answers: shows("The projects", "ProjectList"),
  }),
  ...managed({
    kind: "project",
    schema: "Project",
    list: { parameters: [NAME, ENABLED, DOMAIN], when: { 403: NOT_ADMIN } },
    create: { example: { project: { name: "analysis" } } },
    show: { description: "The one of the token; administrators any.", when: { 403: NOT_ADMIN } },
    update: {
      description: "Being disabled ends all tokens for the project.",
      example: { project: { enabled: false } },
    },
    remove: {
      gone: "The project is gone, and so are the tokens for it",
      when: { 409: "It owns images." },
    },
  }),
  ...managed({
    kind: "role",
    schema: "Role",
    list: { parameters: [NAME] },
    create: { example: { role: { name: "auditor" } } },
    show: {},
    remove: {
      gone: "The role is gone, and nobody has it any more",
      when: { 403: "The caller is no administrator, or the role is one that policy names." },
    },
  }),
  describes({
    method: "get",
    path: "/role_assignments",
    operationId: "list_role_assignments",
    summary: "List who has which role on which project",
    description: "One's own, by `user.id`; administrators all.",
    more: {
      parameters: [
        query("user.id", "Those of this user"),
        query("scope.project.id", "Those on this project"),
        query("role.id", "Those of this role"),
        query("include_names", "Whether names are told beside ids", { type: "boolean", default: false }),
        query("group.id", "There are no groups: this matches nothing"),
        query("scope.system", "Nobody has a role on the system: this matches nothing"),
        query("scope.domain.id", "Nobody has a role on a domain: this matches nothing"),
        query("scope.OS-INHERIT:inherited_to", "No role is inherited: this matches nothing"),
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
    named: ["project_id", "user_id"],
    answers: shows("The roles", "AssignedRoleList"),
    when: { 403: NOT_ADMIN, 404: "There is no such user or project." },
  }),
  describes({
    method: "put",
    path: ASSIGNMENT,
    operationId: "assign_role",
    summary: "Give a user a role on a project",
    named: assignment,
    answers: done("The user has it"),
    when: { 403: NOT_ADMIN, 404: "There is no such user, project or role." },
  }),
  describes({
    method: "get",
    path: ASSIGNMENT,
    operationId: "check_role_assignment",
    summary: "Check whether a user has a role on a project",
    named: assignment,
    answers: done("The user has it"),
    when: { 403: NOT_ADMIN, 404: NO_ASSIGNMENT },
  }),
  describes({
    method: "delete",
    path: ASSIGNMENT,
    operationId: "unassign_role",
    summary: "Take a role on a project from a user",
    named: assignment,
    answers: done("The user does not have it any more"),
    when: { 403: `${NOT_ADMIN} Or: ${LAST}`, 404: NO_ASSIGNMENT },
  }),
];
