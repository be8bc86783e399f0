import { parameter, type RouteDescription } from "../../openapi/describe.ts";
import { DOMAIN, describes, done, ENABLED, made, managed, NOT_ADMIN, NOT_SELF, name, shows } from "./docs.ts";

/** Descriptions of users and application credentials (users.ts, application-credentials.ts). */

const CREDENTIALS = "/users/{user_id}/application_credentials";
const CREDENTIAL = `${CREDENTIALS}/{application_credential_id}`;
const NO_USER = "There is no such user.";
const NO_CREDENTIAL = "The user has no such application credential.";

export const userDocs: readonly RouteDescription[] = [
  ...managed({
    kind: "user",
    schema: "User",
    list: {
      description: "For administrators: all of them, by name. Who is to be listed must meet every filter.",
      parameters: [name("ada"), ENABLED, DOMAIN],
      when: { 403: NOT_ADMIN },
    },
    create: {
      description:
        "For administrators. The name is 1 to 255 characters without the blanks at its ends, and no other user's. A user without a password cannot log in with one, and without a role on some project has no token of any use: assign one.",
      example: { user: { name: "ada", password: "correct horse battery" } },
    },
    show: { description: "One's own; administrators any.", when: { 403: NOT_SELF } },
    update: {
      description:
        "For administrators; what is not named stays. A new password, and being disabled, end all tokens of the user, for good: being enabled again does not revive them.",
      example: { user: { enabled: false } },
    },
    remove: {
      description:
        "For administrators. The user's roles and application credentials go too; images stay, which are of projects.",
      gone: "The user is gone, and so are the user's tokens",
    },
  }),
  describes({
    method: "post",
    path: "/users/{user_id}/password",
    operationId: "change_password",
    summary: "Change one's own password",
    description:
      "By the user alone, with the password until now; administrators change another's by `update_user`. All tokens of the user end with it, the one of this request among them. A wrong password counts as a failed login: after ten in fifteen minutes the right one is refused as well, until those are over.",
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
    description:
      "One's own; administrators any user's. Disabled projects are among them, which no token can be had for.",
    named: ["user_id"],
    answers: shows("The projects", "ProjectList"),
    when: { 403: NOT_SELF, 404: NO_USER },
  }),
  describes({
    method: "get",
    path: CREDENTIALS,
    operationId: "list_application_credentials",
    summary: "List the application credentials of a user",
    description: "One's own, by name; administrators any user's. Secrets are not shown.",
    more: { parameters: [parameter("user_id"), name("backup")] },
    answers: shows("The application credentials", "ApplicationCredentialList"),
    when: { 403: NOT_SELF, 404: NO_USER },
  }),
  describes({
    method: "post",
    path: CREDENTIALS,
    operationId: "create_application_credential",
    summary: "Create an application credential",
    description:
      "For oneself, an administrator too, and for the project of the token. The answer alone has the secret: it is kept as a hash, and never shown again.",
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
    description: "One's own; administrators any user's. The secret is not shown.",
    named: ["user_id", "application_credential_id"],
    answers: shows("The application credential", "ApplicationCredentialResponse"),
    when: { 403: NOT_SELF, 404: NO_CREDENTIAL },
  }),
  describes({
    method: "delete",
    path: CREDENTIAL,
    operationId: "delete_application_credential",
    summary: "Delete an application credential",
    description:
      "One's own; administrators any user's. A token that was got with a restricted one deletes none.",
    named: ["user_id", "application_credential_id"],
    answers: done("It is gone, and so are the tokens that were got with it"),
    when: { 403: `${NOT_SELF} Or the token may not delete application credentials.`, 404: NO_CREDENTIAL },
  }),
];
