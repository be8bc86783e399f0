import { applicationCredentialCreate } from "../../routes/identity/application-credentials.ts";
import { loginRequest } from "../../routes/identity/login-request.ts";
import { projectCreate, projectUpdate } from "../../routes/identity/projects.ts";
import { roleCreate } from "../../routes/identity/roles.ts";
import { passwordChange, userCreate, userUpdate } from "../../routes/identity/users.ts";
import { ref, type Schema } from "../describe.ts";
import { IDENTITY_EXAMPLES } from "../identity-examples.ts";

type Properties = Readonly<Record<string, Schema>>;

const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });
const textOrNull = (description: string): Schema => ({ type: ["string", "null"], description });
const flag = (description: string): Schema => ({ type: "boolean", description });
const listOf = (items: Schema, description: string): Schema => ({ type: "array", items, description });
const nothing = (description: string): Schema => ({
  type: "object",
  description,
  additionalProperties: true,
});
/** Code generators do not support a type that is only null. */
const alwaysNull = textOrNull;

/** An object that always has all of its properties except the named ones. */
const object = (description: string, properties: Properties, optional: readonly string[] = []): Schema => ({
  type: "object",
  description,
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

const time = (description: string): Schema => text(description, { format: "date-time" });
const links = { description: "Where it is", ...ref("SelfLink") };
const noTags = listOf({ type: "string" }, "Always empty");
const noOptions = nothing("Always empty");

/** Keystone wraps one thing in an object under its name, and likewise lists. */
const wrapped = (kind: string, schema: string): Schema => ({
  ...object(`One ${schema}`, { [kind]: ref(schema) }),
  example: { [kind]: IDENTITY_EXAMPLES[schema] },
});
const listed = (kinds: string, schema: string): Schema => ({
  ...object(
    `A list of ${schema}`,
    {
      [kinds]: listOf(ref(schema), "At most 1000 of them"),
      links: ref("ListLinks"),
      truncated: flag("True where there are more than are listed; absent otherwise"),
    },
    ["truncated"],
  ),
  example: {
    [kinds]: [IDENTITY_EXAMPLES[schema]],
    links: { next: null, previous: null, self: `http://127.0.0.1:9292/identity/v3/${kinds}` },
  },
});

const named = (what: string): Properties => ({
  id: text(`Id of the ${what}`),
  name: text(`Name of the ${what}`),
});

/** What the embedded identity answers, which is what Keystone does. */
export const identitySchemas: Properties = {
  IdentityVersionList: {
    ...object("The versions of the identity API", { versions: ref("IdentityVersionValues") }),
    example: { versions: { values: [IDENTITY_EXAMPLES.IdentityVersion] } },
  },
  IdentityVersionValues: object("The versions", { values: listOf(ref("IdentityVersion"), "One version") }),
  IdentityVersionResponse: wrapped("version", "IdentityVersion"),
  IdentityVersion: object("A version of the identity API", {
    id: text("Its name"),
    status: text("`stable`"),
    updated: time("When it was made"),
    links: listOf(ref("Link"), "Where it is"),
    "media-types": listOf(ref("IdentityMediaType"), "What it speaks"),
  }),
  IdentityMediaType: object("A media type", { base: text("What it is made of"), type: text("Its name") }),
  SelfLink: object("A link to the thing itself", { self: text("URL") }),
  ListLinks: object("Links of a list", {
    self: text("URL of the list"),
    next: alwaysNull("Always null: lists have no pages"),
    previous: alwaysNull("Always null: lists have no pages"),
  }),
  Domain: object("The one domain that there is", {
    ...named("domain"),
    description: text("What people should know of it"),
    enabled: flag("Always true"),
    options: noOptions,
    tags: noTags,
    links,
  }),
  DomainResponse: wrapped("domain", "Domain"),
  DomainList: listed("domains", "Domain"),
  DomainSummary: object("A domain, in few words", named("domain")),
  User: object(
    "A user. Passwords are never shown",
    {
      ...named("user"),
      domain_id: text("Id of the user's domain"),
      enabled: flag("Whether the user can log in"),
      description: textOrNull("What people should know of the user"),
      email: text("Address for mail; absent where there is none"),
      default_project_id: text(
        "Project of tokens that are asked for without a scope; absent where there is none",
      ),
      password_expires_at: alwaysNull("Always null: passwords do not expire"),
      options: noOptions,
      links,
    },
    ["email", "default_project_id"],
  ),
  UserResponse: wrapped("user", "User"),
  UserList: listed("users", "User"),
  Project: object("A project", {
    ...named("project"),
    domain_id: text("Id of the project's domain"),
    parent_id: text("Id of the domain: projects have no other parent"),
    is_domain: flag("Always false"),
    enabled: flag("Whether it can be used"),
    description: text("What people should know of it"),
    tags: noTags,
    options: noOptions,
    links,
  }),
  ProjectResponse: wrapped("project", "Project"),
  ProjectList: listed("projects", "Project"),
  Role: object("A role", {
    ...named("role"),
    domain_id: alwaysNull("Always null: roles are of no domain"),
    description: textOrNull("What people should know of it"),
    options: noOptions,
    links,
  }),
  RoleResponse: wrapped("role", "Role"),
  RoleList: listed("roles", "Role"),
  RoleSummary: object("A role, in few words", named("role")),
  AssignedRole: object("A role that a user has on a project", { ...named("role"), links }),
  AssignedRoleList: listed("roles", "AssignedRole"),
  RoleAssignment: object("That a user has a role on a project", {
    role: ref("AssignmentPart"),
    user: ref("AssignmentPart"),
    scope: ref("AssignmentScope"),
    links: object("Where it is", { assignment: text("URL") }),
  }),
  AssignmentScope: object("Where the role is had", { project: ref("AssignmentPart") }),
  AssignmentPart: object(
    "A role, user or project of an assignment",
    {
      ...named("role, user or project"),
      domain: {
        description: "Its domain; of users and projects, where names are asked for",
        ...ref("DomainSummary"),
      },
    },
    ["name", "domain"],
  ),
  RoleAssignmentList: listed("role_assignments", "RoleAssignment"),
  Service: object("A service of this cloud", {
    ...named("service"),
    type: text("What kind of service it is: `image` or `identity`"),
    description: text("What people should know of it"),
    enabled: flag("Always true"),
    links,
  }),
  ServiceResponse: wrapped("service", "Service"),
  ServiceList: listed("services", "Service"),
  Endpoint: object("Where a service is", {
    ...{ id: text("Id of the endpoint"), service_id: text("Id of the service") },
    interface: text("For whom it is", { enum: ["public", "internal", "admin"] }),
    region: text("Id of the region"),
    region_id: text("Id of the region"),
    url: text("URL of the service"),
    enabled: flag("Always true"),
    links,
  }),
  EndpointResponse: wrapped("endpoint", "Endpoint"),
  EndpointList: listed("endpoints", "Endpoint"),
  ServiceCatalog: {
    ...object("The services of this cloud", {
      catalog: listOf(ref("CatalogEntry"), "The services"),
      links: ref("ListLinks"),
    }),
    example: IDENTITY_EXAMPLES.ServiceCatalog,
  },
  CatalogEntry: object("A service, and where it is", {
    ...named("service"),
    type: text("What kind of service it is: `image` or `identity`"),
    endpoints: listOf(ref("CatalogEndpoint"), "Where it is"),
  }),
  CatalogEndpoint: object("Where a service is", {
    id: text("Id of the endpoint"),
    interface: text("For whom it is", { enum: ["public", "internal", "admin"] }),
    region: text("Id of the region"),
    region_id: text("Id of the region"),
    url: text("URL of the service"),
  }),
  TokenResponse: wrapped("token", "Token"),
  Token: object(
    "A token. It is itself in the header `X-Subject-Token`",
    {
      methods: listOf({ type: "string" }, "How its user proved who they are"),
      user: ref("TokenUser"),
      audit_ids: listOf(
        { type: "string" },
        "Id of this token, and of the first of those that it was got with",
      ),
      expires_at: time("When it ends"),
      issued_at: time("When it began"),
      project: {
        description: "What it is for; absent for a token without a project",
        ...ref("TokenProject"),
      },
      is_domain: flag("Always false; absent for a token without a project"),
      roles: listOf(
        ref("RoleSummary"),
        "Roles that the user has there; absent for a token without a project",
      ),
      catalog: listOf(
        ref("CatalogEntry"),
        "The services of this cloud; absent for a token without a project, and where `nocatalog` was asked for",
      ),
      application_credential: {
        description: "What it was got with; absent where that was none",
        ...ref("TokenApplicationCredential"),
      },
    },
    ["project", "is_domain", "roles", "catalog", "application_credential"],
  ),
  TokenUser: object("The user of a token", {
    id: text("Id of the user"),
    name: textOrNull("Name of the user"),
    domain: ref("DomainSummary"),
    password_expires_at: alwaysNull("Always null: passwords do not expire"),
  }),
  TokenProject: object("The project that a token is for", {
    id: text("Id of the project"),
    name: textOrNull("Name of the project"),
    domain: ref("DomainSummary"),
  }),
  TokenApplicationCredential: object("The application credential that a token was got with", {
    ...named("application credential"),
    restricted: flag("Whether the token may neither make nor delete application credentials"),
  }),
  ApplicationCredential: object(
    "A way for a program to log in as a user, with some of the user's roles on one project",
    {
      ...named("application credential"),
      description: textOrNull("What people should know of it"),
      user_id: text("Id of the user"),
      project_id: text("Id of the project"),
      system: alwaysNull("Always null"),
      roles: listOf(ref("LentRole"), "Roles that it lends"),
      expires_at: textOrNull(
        "When it ends, in UTC: YYYY-MM-DDTHH:MM:SS.ffffff without a zone; null for never",
      ),
      unrestricted: flag("Whether its tokens may make and delete application credentials"),
      links,
      secret: text("The secret: shown when it is made, and never again"),
    },
    ["secret"],
  ),
  LentRole: object("A role that an application credential lends", {
    ...named("role"),
    domain_id: alwaysNull("Always null: roles are of no domain"),
  }),
  ApplicationCredentialResponse: wrapped("application_credential", "ApplicationCredential"),
  ApplicationCredentialList: listed("application_credentials", "ApplicationCredential"),
};

/** The schemas that requests are validated with. */
export const identityRequests = {
  TokenRequest: loginRequest,
  UserCreate: userCreate,
  UserUpdate: userUpdate,
  PasswordChange: passwordChange,
  ProjectCreate: projectCreate,
  ProjectUpdate: projectUpdate,
  RoleCreate: roleCreate,
  ApplicationCredentialCreate: applicationCredentialCreate,
};
