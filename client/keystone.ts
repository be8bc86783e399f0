import { apiOver, type Schemas } from "./api.ts";
import type { DataOf } from "./calls.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { NoIdentityService, refusal } from "./errors.ts";
import type { operations } from "./generated/api.ts";
import { given } from "./given.ts";
import { type Transport, textOf } from "./transport.ts";

/** A thing that has an id everywhere, or a name within a domain. */
export type InDomain = By<"id", Reference> | (By<"name", Reference> & InWhich);
export type Domain = By<"id", Schemas["DomainReference"]> | By<"name", Schemas["DomainReference"]>;

type Reference = Schemas["UserReference"] | Schemas["ProjectReference"];
type InWhich = { readonly [N in keyof Pick<Reference, "domain">]: Domain };
type By<K extends keyof T, T> = { readonly [N in K]: NonNullable<T[N]> };

/** What a token is good for. Absent: whatever the identity service gives by default. */
export type Scope = { readonly project: InDomain } | { readonly domain: Domain } | { readonly system: true };

/** How a program says who it is. `fixed` asks no identity service: a token from elsewhere, or none at all. */
export type Credentials =
  | { type: "password"; authUrl: string; user: InDomain; password: string; scope?: Scope | undefined }
  | { type: "applicationCredential"; authUrl: string; credential: ApplicationCredential; secret: string }
  | { type: "token"; authUrl: string; token: string; scope?: Scope | undefined }
  | { type: "fixed"; token?: string | undefined };

export type ApplicationCredential =
  | By<"id", Schemas["ApplicationCredentialProof"]>
  | (By<"name", Schemas["ApplicationCredentialProof"]> & { readonly user: InDomain });

export interface Token {
  readonly value: string | undefined;
  /** Milliseconds since the epoch; absent when nobody told. */
  readonly expiresAt?: number;
  readonly catalogue: readonly CatalogueEntry[];
  readonly projectId?: string;
  readonly userId?: string;
}

/** The v3 root under an auth URL that may or may not name it already. */
export const identityRoot = (authUrl: string): string => {
  const root = authUrl.replace(/\/+$/, "");
  return root.endsWith("/v3") ? root : `${root}/v3`;
};

const CREATED = 201 satisfies keyof operations["create_token"]["responses"];

/** A token for these credentials (Keystone v3, `POST /v3/auth/tokens`). Rejects what the identity service refuses. */
export async function authenticate(
  transport: Transport,
  credentials: Credentials,
  signal?: AbortSignal,
): Promise<Token> {
  if (credentials.type === "fixed") return { value: credentials.token, catalogue: [] };
  const { authUrl } = credentials;
  const api = apiOver(async ({ method, headers, body }) => {
    const url = `${identityRoot(authUrl)}/auth/tokens`;
    const response = await transport({ method, url, headers, body: String(body), signal });
    if (response.status === CREATED) return response;
    const text = await textOf(response);
    throw isElsewhere(response.status)
      ? new NoIdentityService(authUrl, `HTTP ${response.status}`)
      : refusal(response, text);
  });
  const auth = given<Schemas["TokenAuth"]>({ identity: methodOf(credentials), scope: scopeOf(credentials) });
  const answer = await api.POST("/identity/v3/auth/tokens", { body: { auth } }).catch((error) => {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  });
  const value = answer?.response.headers.get("X-Subject-Token");
  const token = answer?.data?.token;
  if (!value || !token) throw new NoIdentityService(authUrl, "no token");
  return tokenFrom(value, token);
}

/** Statuses that no identity service gives to credentials: those of a site that knows no such address. */
const isElsewhere = (status: number): boolean =>
  (status >= 300 && status < 400) || [404, 405].includes(status);

function methodOf(credentials: Exclude<Credentials, { type: "fixed" }>): Schemas["TokenIdentity"] {
  switch (credentials.type) {
    case "password":
      return {
        methods: ["password"],
        password: { user: { ...credentials.user, password: credentials.password } },
      };
    case "applicationCredential":
      return {
        methods: ["application_credential"],
        application_credential: { ...credentials.credential, secret: credentials.secret },
      };
    case "token":
      return { methods: ["token"], token: { id: credentials.token } };
  }
}

/** An application credential carries its own scope and is refused with another (Keystone v3). */
function scopeOf(credentials: Exclude<Credentials, { type: "fixed" }>): Schemas["TokenScope"] | undefined {
  if (credentials.type === "applicationCredential" || !credentials.scope) return undefined;
  if ("project" in credentials.scope) return { project: credentials.scope.project };
  // Keystone has scopes that Glimpse refuses, and the document, which is Glimpse's, does not say what is in them.
  return (
    "system" in credentials.scope ? { system: { all: true } } : credentials.scope
  ) as Schemas["TokenScope"];
}

type TokenBody = Partial<DataOf<"post", "/identity/v3/auth/tokens">["token"]>;

/** Keystone leaves out more than Glimpse does: what has no scope has no catalogue. */
function tokenFrom(value: string, body: TokenBody): Token {
  const expiresAt = Date.parse(body.expires_at ?? "");
  return {
    value,
    catalogue: body.catalog ?? [],
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
    ...(body.project ? { projectId: body.project.id } : {}),
    ...(body.user ? { userId: body.user.id } : {}),
  };
}
