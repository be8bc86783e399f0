import { z } from "zod";
import { DOMAIN_ID, DOMAIN_NAME, type Session } from "../../auth/session.ts";
import { findUser } from "../../db/identity/users.ts";
import { isAdmin } from "../../domain/caller.ts";
import { ServiceError } from "../../domain/errors.ts";
import { inWords } from "../../domain/in-words.ts";
import type { AppContext } from "../../http/app-types.ts";
import { readJson } from "../../http/json-body.ts";

/** The body, which must match the schema. Like Keystone, it ignores fields that the schema does not name. */
export async function bodyOf<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(await readJson(request), { error: inWords });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ServiceError("invalid", `${issue?.path.join(".") || "The request"} ${issue?.message}.`);
}

/** Throws unless the caller is an administrator. */
export function requireAdmin(session: Session, action: string): void {
  if (!isAdmin(session.caller)) throw forbidden(action);
}

/** Throws unless the caller is this user or an administrator. */
export function requireSelfOrAdmin(session: Session, userId: string, action: string): void {
  if (session.caller.userId !== userId) requireAdmin(session, action);
}

/** Throws unless there is such a user: what is listed of nobody is not merely empty. */
export async function requireUser(db: D1Database, id: string): Promise<void> {
  if (!(await findUser(db, { id }))) throw notFound("user", id);
}

export const forbidden = (action: string): ServiceError =>
  new ServiceError(
    "forbidden",
    `You are not authorized to perform the requested action: identity:${action}.`,
  );

export const notFound = (kind: string, id: string): ServiceError =>
  new ServiceError("notFound", `Could not find ${kind}: ${id}.`);

/** `?enabled`, if given: like Keystone, it takes anything but 0 and false for true. */
export function enabledFilter(c: AppContext): { enabled?: boolean } {
  const given = c.req.query("enabled");
  return given === undefined ? {} : { enabled: !["0", "false"].includes(given.toLowerCase()) };
}

export function nameFilter(c: AppContext): { name?: string } {
  const name = c.req.query("name");
  return name === undefined ? {} : { name };
}

/** Whether the caller asks for another domain than the only one: then a list is empty. */
export const asksOtherDomain = (c: AppContext): boolean => {
  const asked = c.req.query("domain_id");
  return asked !== undefined && asked !== DOMAIN_ID;
};

/** The pattern tells the OpenAPI document what trimming does: a name is not blank. */
const named = (max: number) => z.string().trim().min(1).max(max).regex(/\S/);

/** Attributes of several bodies. Lengths are Keystone's; a description fits a row of D1. */
export const attribute = {
  id: z.string().min(1).max(64).describe("Id"),
  userName: named(255).describe("Name"),
  projectName: named(64).describe("Name"),
  description: z.string().max(10_000).describe("What people should know of it"),
  /** Long enough for any passphrase; longer ones cost time. */
  secret: z.string().min(1).max(4096).describe("A secret"),
  domainId: z.literal(DOMAIN_ID, `names no domain; there is one, ${DOMAIN_ID}`).describe("The one domain"),
};

/** A reference to a domain in a request. Null: not the only one. */
export const domainReference = z
  .object({ id: z.string().optional().describe("Id"), name: z.string().optional().describe("Name") })
  .transform(({ id, name }) =>
    id === DOMAIN_ID || (id === undefined && name?.toLowerCase() === DOMAIN_NAME.toLowerCase())
      ? DOMAIN_ID
      : null,
  )
  .meta({ id: "DomainReference", description: "A domain by its id or its name" });
