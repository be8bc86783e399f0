import { z } from "zod";
import { SharedWork } from "../outbound/shared-work.ts";
import { away, type KeystoneAnswer, type KeystoneClient } from "./keystone-client.ts";
import { digestOf, Remembered } from "./remembered.ts";

/** What Keystone says about a valid token. */
export interface KeystoneToken {
  readonly userId: string;
  readonly domainId: string | null;
  /** Null unless the token is scoped to a project. */
  readonly projectId: string | null;
  readonly roles: readonly string[];
  readonly expiresAt: number;
}

const MAX_ENTRIES = 5_000;

/** How long a rejection is remembered, at most: it protects Keystone from a client that repeats a bad token. */
const REFUSED_MILLISECONDS = 5_000;

/** Anything else is not a token of any Keystone, and may not be valid in a header. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

/**
 * Validates tokens with Keystone. A result is reused for `cacheSeconds` from the moment of the request, so a revoked
 * token ends within that time. Results are kept in this isolate alone, under the token's SHA-256, and never past the
 * token's expiry.
 */
export class KeystoneTokens {
  readonly #client: Pick<KeystoneClient, "get">;
  readonly #keepMilliseconds: number;
  readonly #good: Remembered<KeystoneToken>;
  /** Separate from the valid ones, so that bad tokens cannot push those out. */
  readonly #refused: Remembered<true>;
  readonly #questions: SharedWork<KeystoneToken | undefined>;

  constructor(client: Pick<KeystoneClient, "get">, cacheSeconds: number, most = MAX_ENTRIES) {
    this.#client = client;
    this.#keepMilliseconds = cacheSeconds * 1000;
    // An answer to somebody else may be as old as their question.
    this.#questions = new SharedWork(this.#keepMilliseconds);
    this.#good = new Remembered(most);
    this.#refused = new Remembered(most);
  }

  /**
   * Undefined for a token that is not valid; an expired one is not, unless `allowExpired`. Rejects `unavailable` if
   * Keystone cannot answer.
   */
  async find(token: string, allowExpired: boolean): Promise<KeystoneToken | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const key = (await digestOf(token)) + (allowExpired ? "expired" : "");
    const known = this.#good.get(key);
    if (known || this.#refused.get(key)) return known;
    return this.#questions.once(key, () => this.#ask(key, token, allowExpired));
  }

  async #ask(key: string, token: string, allowExpired: boolean): Promise<KeystoneToken | undefined> {
    const asked = Date.now();
    const answer = await this.#client.get(`/auth/tokens?nocatalog${allowExpired ? "&allow_expired=1" : ""}`, {
      "x-subject-token": token,
    });
    const found = tokenFrom(answer, token);
    const until = asked + this.#keepMilliseconds;
    if (!found || (found.expiresAt <= asked && !allowExpired)) {
      this.#refused.put(key, true, Math.min(until, asked + REFUSED_MILLISECONDS));
      return undefined;
    }
    this.#good.put(key, found, allowExpired ? until : Math.min(until, found.expiresAt));
    return found;
  }
}

const said = z.object({
  token: z.object({
    user: z.object({ id: z.string().min(1), domain: z.object({ id: z.string() }) }),
    project: z.object({ id: z.string().min(1) }).optional(),
    domain: z.object({ id: z.string() }).optional(),
    system: z.object({ all: z.literal(true) }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
    expires_at: z.iso.datetime({ offset: true }).transform((time) => Date.parse(time)),
  }),
});
const notFound = z.object({ error: z.object({ code: z.literal(404) }) });

/**
 * Undefined if Keystone does not know the token. Only Keystone's own message counts: a 404 could come from another
 * server.
 */
function tokenFrom(answer: KeystoneAnswer, asked: string): KeystoneToken | undefined {
  if (answer.status === 404 && notFound.safeParse(answer.body).success) return undefined;
  if (answer.status === 403) throw away("Keystone does not let this service validate tokens: see its roles");
  const parsed = said.safeParse(answer.body);
  // A cache in between could answer with another user's token.
  if (answer.status !== 200 || !parsed.success || answer.headers.get("x-subject-token") !== asked)
    throw away(`Keystone's answer to a token, of status ${answer.status}, makes no sense`);
  const { user, project, domain, system, roles, expires_at: expiresAt } = parsed.data.token;
  const scopes = [project, domain, system].filter((scope) => scope !== undefined);
  if (scopes.length > 1) throw away("Keystone's answer to a token has two scopes");
  return {
    userId: user.id,
    domainId: user.domain.id,
    projectId: project?.id ?? null,
    roles: project || system ? lowerCase(roles) : [],
    expiresAt,
  };
}

/**
 * The token's roles; Keystone has added the implied ones. A domain's roles are not a project's, and give nothing here.
 * `is_admin_project` is ignored: `admin` on any project, or on the system, makes an administrator (spec/rbac.md section
 * 1).
 */
const lowerCase = (roles: readonly { readonly name: string }[]): string[] => [
  ...new Set(roles.map(({ name }) => name.toLowerCase())),
];
