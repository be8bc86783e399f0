import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * The tables of the embedded identity (design: `embedded`). There is only one domain, `default`, which needs no table.
 * Timestamps are milliseconds since the epoch, as in tokens.
 */
export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** A hash made by `auth/password.ts`; null for a user who cannot log in with a password. */
  passwordHash: text("password_hash"),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  email: text("email"),
  description: text("description"),
  /** The scope of a login that names none. As in Keystone it is no foreign key and may dangle. */
  defaultProjectId: text("default_project_id"),
  /** Tokens issued up to this moment are void. Raised when the password changes or the user is disabled. */
  tokensVoidUntil: integer("tokens_void_until").notNull().default(0),
});

export const projects = sqliteTable("projects", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  description: text("description").notNull().default(""),
  enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
  /** As for users; raised when the project is disabled. */
  tokensVoidUntil: integer("tokens_void_until").notNull().default(0),
});

export const roles = sqliteTable(
  "roles",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    description: text("description"),
  },
  /** Policy compares roles in lower case, so `Admin` beside `admin` would be a second way to be an administrator. */
  (t) => [uniqueIndex("roles_by_name").on(sql`lower(${t.name})`)],
);

export const roleAssignments = sqliteTable(
  "role_assignments",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id, { onDelete: "cascade" }),
    roleId: text("role_id")
      .notNull()
      .references(() => roles.id, { onDelete: "cascade" }),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.projectId, t.roleId] }),
    index("role_assignments_by_project").on(t.projectId),
    index("role_assignments_by_role").on(t.roleId),
  ],
);

export const applicationCredentials = sqliteTable(
  "application_credentials",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    projectId: text("project_id")
      .notNull()
      .references(() => projects.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    description: text("description"),
    secretHash: text("secret_hash").notNull(),
    /** Role ids, as JSON. The credential gives the roles that are both here and, at that time, the user's. */
    roleIds: text("role_ids", { mode: "json" }).$type<readonly string[]>().notNull(),
    /** Null: never. */
    expiresAt: integer("expires_at"),
    /** Whether its tokens may create and delete application credentials. */
    unrestricted: integer("unrestricted", { mode: "boolean" }).notNull().default(false),
  },
  (t) => [
    uniqueIndex("application_credentials_by_name").on(t.userId, t.name),
    index("application_credentials_by_project").on(t.projectId),
  ],
);

/** Tokens that were revoked before they expired. A row is removed when its token would have expired. */
export const revokedTokens = sqliteTable(
  "revoked_tokens",
  {
    auditId: text("audit_id").primaryKey(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("revoked_tokens_by_expiry").on(t.expiresAt)],
);

/** Recent wrong secrets, by user or application credential; never a row for one that does not exist. */
export const loginFailures = sqliteTable(
  "login_failures",
  {
    subjectId: text("subject_id").primaryKey(),
    count: integer("count").notNull(),
    /** When the first of them happened; the count ends with the window that starts here. */
    since: integer("since").notNull(),
  },
  (t) => [index("login_failures_by_age").on(t.since)],
);
