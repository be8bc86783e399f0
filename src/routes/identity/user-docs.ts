import { parameter, type RouteDescription } from "../../openapi/describe.ts";
import { DOMAIN, describes, done, ENABLED, made, managed, NAME, NOT_ADMIN, NOT_SELF, shows } from "./docs.ts";

/** Descriptions of users and application credentials (users.ts, application-credentials.ts). */

const CREDENTIALS = "/users/{user_id}/application_credentials";
const CREDENTIAL = `${CREDENTIALS}/{application_credential_id}`;
const NO_CREDENTIAL = "The user has no such application credential.";

export const userDocs: readonly RouteDescription[] = [
  ...managed({
    kind: "user",
    schema: "User",
    list: { parameters: [NAME, ENABLED, DOMAIN], when: { 403: NOT_ADMIN } },
    create: { example: { user: { name: "ada", password: "correct horse battery" } } },
    show: { when: { 403: NOT_SELF } },
    update: {
      description: "A new password, and being disabled, end all tokens of the user.",
      example: { user: { enabled: false } },
    },
    remove: { gone: "The user is gone, and so are the user's tokens" },
  }),
  describes({
    method: "post",
    path: "/users/{user_id}/password",
    operationId: "change_password",
    summary: "Change one's own password",
    named: ["user_id"],
    takes: {
      description: "Both passwords",
      schema: "PasswordChange",
      example: { user: { password: "a new one", original_password: "correct horse battery" } },
    },
    answers: done("It is changed, and all tokens of the user have ended"),
    when: {
      401: "There is no good token, or the password until now is another one.",
      403: "It is another user.",
    },
  }),
  describes({
    method: "get",
    path: "/users/{user_id}/projects",
    operationId: "list_user_projects",
    summary: "List the projects that a user has a role on",
    named: ["user_id"],
    answers: shows("The projects", "ProjectList"),
    when: { 403: NOT_SELF },
  }),
  describes({
    method: "get",
    path: CREDENTIALS,
    operationId: "list_application_credentials",
    summary: "List the application credentials of a user",
    more: { parameters: [parameter("user_id"), NAME] },
    answers: shows("The application credentials", "ApplicationCredentialList"),
    when: { 403: NOT_SELF },
  }),
  describes({
    method: "post",
    path: CREDENTIALS,
    operationId: "create_application_credential",
    summary: "Create an application credential",
    description: "For oneself, and for the project of the token.",
    named: ["user_id"],
    takes: {
      description: "The new application credential",
      schema: "ApplicationCredentialCreate",
      example: { application_credential: { name: "backup", roles: [{ name: "reader" }] } },
    },
    answers: made("The new application credential, and its secret", "ApplicationCredentialResponse"),
    when: {
      400: "The body is not what it must be, the token is for no project, or the caller has no such role.",
      403: "It is another user, or the token may not make application credentials.",
      409: "The user has an application credential of this name.",
    },
  }),
  describes({
    method: "get",
    path: CREDENTIAL,
    operationId: "show_application_credential",
    summary: "Show an application credential",
    named: ["user_id", "application_credential_id"],
    answers: shows("The application credential", "ApplicationCredentialResponse"),
    when: { 403: NOT_SELF, 404: NO_CREDENTIAL },
  }),
  describes({
    method: "delete",
    path: CREDENTIAL,
    operationId: "delete_application_credential",
    summary: "Delete an application credential",
    named: ["user_id", "application_credential_id"],
    answers: done("It is gone, and so are the tokens that were got with it"),
    when: { 403: `${NOT_SELF} Or the token may not delete application credentials.`, 404: NO_CREDENTIAL },
  }),
];
