import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { newAuditId, sealToken } from "../../src/auth/token.ts";
import { held } from "./held.ts";

/** Someone who asks: a role on a project. */
export interface Persona {
  readonly projectId: string;
  readonly role: "admin" | "member" | "reader" | "service" | "auditor";
}

export const admin = (projectId = "admin"): Persona => ({ projectId, role: "admin" });
export const member = (projectId: string): Persona => ({ projectId, role: "member" });
export const reader = (projectId: string): Persona => ({ projectId, role: "reader" });
/** Has no role that lets anybody see an image. */
export const stranger = (projectId: string): Persona => ({ projectId, role: "service" });

const tokens = new Map<string, Promise<string>>();

/** A token as a login gives it, without the cost of one. */
export function tokenOf({ projectId, role }: Persona): Promise<string> {
  const userId = `${role}-of-${projectId}`;
  const known = tokens.get(userId);
  if (known) return known;
  const token = newToken(userId, projectId, role);
  tokens.set(userId, token);
  return token;
}

async function newToken(userId: string, projectId: string, role: string): Promise<string> {
  await env.DB.batch([
    env.DB.prepare("INSERT OR IGNORE INTO users (id, name) VALUES (?1, ?1)").bind(userId),
    env.DB.prepare("INSERT OR IGNORE INTO projects (id, name) VALUES (?1, ?1)").bind(projectId),
    env.DB.prepare("INSERT OR IGNORE INTO roles (id, name) VALUES (?1, ?1)").bind(role),
    env.DB.prepare(
      "INSERT OR IGNORE INTO role_assignments (user_id, project_id, role_id) SELECT ?, ?, id FROM roles WHERE name = ?",
    ).bind(userId, projectId, role),
  ]);
  const auditId = newAuditId();
  return sealToken(String(env.TOKEN_SIGNING_KEY), {
    userId,
    projectId,
    issuedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
    auditId,
    auditChainId: auditId,
    methods: ["password"],
    applicationCredentialId: null,
  });
}

export interface Asking {
  /** By default a member of project `p1`. */
  readonly as?: Persona;
  /** As JSON, or as it is when it is text. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly env?: Record<string, unknown>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests say by their expectations what they expect.
  readonly body: any;
}

/** A request through the public door. `body` is the answer's JSON, or its text where it is none. */
export async function ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
  const { as = member("p1"), body, headers, env: more } = asking;
  const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const request = new Request(`http://glimpse${path}`, {
    method,
    headers: { accept: "application/json", "x-auth-token": await tokenOf(as), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const answered = await app.request(request, undefined, { ...env, ...more });
  // Many ask on purpose what no client should.
  const undescribed = "the answer alone is held";
  const response = await held(request, answered, { target: path, body: sent, undescribed });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== "" ? JSON.parse(text) : text,
  };
}

/** A new image, which must succeed: its representation. */
export async function created(fields: Record<string, unknown> = {}, as?: Persona) {
  const answer = await ask("POST", "/v2/images", { ...(as ? { as } : {}), body: fields });
  if (answer.status !== 201)
    throw new Error(`create answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const PATCH_TYPE = "application/openstack-images-v2.1-json-patch";
export const OLD_PATCH_TYPE = "application/openstack-images-v2.0-json-patch";

export const patched = (
  id: string,
  operations: unknown,
  { as, type = PATCH_TYPE }: { as?: Persona; type?: string } = {},
): Promise<Answer> =>
  ask("PATCH", `/v2/images/${id}`, {
    ...(as ? { as } : {}),
    body: operations,
    headers: { "content-type": type },
  });
