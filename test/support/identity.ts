import { exports } from "cloudflare:workers";

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
  opts: { token?: string; subject?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await exports.default.fetch(BASE + path, {
    method,
    headers: {
      accept: "application/json",
      ...(opts.token ? { "x-auth-token": opts.token } : {}),
      ...(opts.subject ? { "x-subject-token": opts.subject } : {}),
      ...opts.headers,
    },
    ...(opts.body === undefined
      ? {}
      : { body: typeof opts.body === "string" ? opts.body : JSON.stringify(opts.body) }),
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
  if (answer.status !== 201) throw new Error(`login answered ${answer.status}: ${JSON.stringify(answer.body)}`);
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

/** A new user with one role on a project, new too unless its id is given. */
export async function newPersona(
  admin: string,
  role: string,
  on: { projectId?: string } = {},
): Promise<Persona> {
  const name = `${role}-${crypto.randomUUID().slice(0, 8)}`;
  const password = `secret of ${name}`;
  const projectId =
    on.projectId ??
    (await call("POST", "/identity/v3/projects", { token: admin, body: { project: { name } } })).body.project.id;
  const user = await call("POST", "/identity/v3/users", { token: admin, body: { user: { name, password } } });
  const userId: string = user.body.user.id;
  const roles = await call("GET", `/identity/v3/roles?name=${role}`, { token: admin });
  const roleId: string = roles.body.roles[0].id;
  await call("PUT", `/identity/v3/projects/${projectId}/users/${userId}/roles/${roleId}`, { token: admin });
  const token = await tokenFor(passwordLogin(name, password, { project: { id: projectId } }));
  return { userId, projectId, roleId, name, password, token };
}
