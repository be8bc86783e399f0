import { env, exports } from "cloudflare:workers";
import { hashSecret } from "../../src/auth/password.ts";
import { newAuditId, sealToken } from "../../src/auth/token.ts";
import { held } from "./held.ts";

export const ADMIN_PASSWORD = "correct horse battery";
const BASE = "http://glimpse";

/** An answer with its JSON body read; `body` is null where there is none. Tests look into it freely. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests say by their expectations what they expect.
  readonly body: any;
}

/** A request as a client makes it: `body` as JSON, or as it is when it is text. */
export async function call(
  method: string,
  path: string,
  opts: {
    token?: string;
    subject?: string;
    body?: unknown;
    headers?: Record<string, string>;
    /** See `Exchange`. */
    undescribed?: string;
  } = {},
): Promise<Answer> {
  const sent = typeof opts.body === "string" ? opts.body : JSON.stringify(opts.body);
  const request = new Request(BASE + path, {
    method,
    headers: {
      accept: "application/json",
      ...(opts.token ? { "x-auth-token": opts.token } : {}),
      ...(opts.subject ? { "x-subject-token": opts.subject } : {}),
      ...opts.headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const response = await held(request, await exports.default.fetch(request), {
    ...{ target: path, body: sent, undescribed: opts.undescribed },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

const DEFAULT = { id: "default" };

export const passwordLogin = (name: string, password: string, scope?: unknown) => ({
  auth: {
    identity: { methods: ["password"], password: { user: { name, domain: DEFAULT, password } } },
    ...(scope === undefined ? {} : { scope }),
  },
});

export const onProject = (name: string) => ({ project: { name, domain: DEFAULT } });

export const login = (body: unknown): Promise<Answer> => call("POST", "/identity/v3/auth/tokens", { body });

/** The token of a login that must succeed. */
export async function tokenFor(body: unknown): Promise<string> {
  const answer = await login(body);
  if (answer.status !== 201)
    throw new Error(`login answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.headers.get("x-subject-token") ?? "";
}

/** The first administrator's token, on project `admin`. */
export const adminToken = (): Promise<string> => tokenFor(passwordLogin("admin", ADMIN_PASSWORD));

export interface Persona {
  readonly userId: string;
  readonly projectId: string;
  readonly roleId: string;
  readonly name: string;
  readonly password: string;
  readonly token: string;
}

/** Every persona has this password, because hashing one for each would take most of a test's time. */
const PERSONA_PASSWORD = "the password of every persona";
let personaHash: string | undefined;

/** A new user with one role on a new project. */
export async function newPersona(admin: string, role: string): Promise<Persona> {
  const name = `${role}-${crypto.randomUUID().slice(0, 8)}`;
  const asAdmin = (method: string, path: string, body?: unknown) =>
    call(method, `/identity/v3${path}`, { token: admin, body });
  const projectId: string = (await asAdmin("POST", "/projects", { project: { name } })).body.project.id;
  const userId: string = (await asAdmin("POST", "/users", { user: { name } })).body.user.id;
  const roleId: string = (await asAdmin("GET", `/roles?name=${role}`)).body.roles[0].id;
  await asAdmin("PUT", `/projects/${projectId}/users/${userId}/roles/${roleId}`);
  personaHash ??= await hashSecret(PERSONA_PASSWORD);
  await env.DB.prepare("UPDATE users SET password_hash = ? WHERE id = ?").bind(personaHash, userId).run();
  const token = await tokenOf(userId, projectId);
  return { userId, projectId, roleId, name, password: PERSONA_PASSWORD, token };
}

/** The token that a login on the project would give. */
function tokenOf(userId: string, projectId: string): Promise<string> {
  const now = Date.now();
  const auditId = newAuditId();
  return sealToken(String(env.TOKEN_SIGNING_KEY), {
    userId,
    projectId,
    issuedAt: now,
    expiresAt: now + 3_600_000,
    auditId,
    auditChainId: auditId,
    methods: ["password"],
    applicationCredentialId: null,
  });
}
