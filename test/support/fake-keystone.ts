/** A token as Keystone's API v3 shows it. */
export interface FakeToken {
  readonly expires_at: string;
  readonly user: { readonly id: string; readonly domain: { readonly id: string } };
  readonly roles?: readonly { readonly name: string }[];
  readonly project?: { readonly id: string };
  readonly [more: string]: unknown;
}

export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

/** A token of a user on a project. */
export const tokenOf = (fields: Partial<FakeToken> = {}): FakeToken => ({
  expires_at: inSeconds(3600),
  user: { id: "user", domain: { id: "default" } },
  project: { id: "project" },
  roles: [{ name: "member" }, { name: "reader" }],
  methods: ["password"],
  ...fields,
});

const keystoneError = (code: number): Response =>
  Response.json({ error: { code, message: "said by Keystone", title: "Title" } }, { status: code });

/**
 * What Keystone v3 answers to a service that validates tokens, as the real one in test/keystone/ was seen to answer.
 * Here because faults are put into it: `fault` answers, hangs or fails in its place.
 */
export class FakeKeystone {
  /** Every request, as `POST /v3/auth/tokens`. */
  readonly calls: string[] = [];
  readonly bodies: unknown[] = [];
  readonly tokens = new Map<string, FakeToken>();
  /** The service's own tokens that are good. */
  readonly own = new Set<string>();
  ownSeconds = 3600;
  refusesLogins = false;
  fault:
    | ((call: string, init: RequestInit) => Promise<Response | undefined> | Response | undefined)
    | undefined;
  #given = 0;

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const { pathname, searchParams } = new URL(url);
    const call = `${init.method} ${pathname}`;
    this.calls.push(call);
    // A task of its own, as a network makes it: who asks at the same time then asks before the first answer.
    await new Promise((resolve) => setTimeout(resolve, 1));
    const faulty = await this.fault?.(call, init);
    if (faulty) return faulty;
    if (call === "POST /v3/auth/tokens") return this.#login(JSON.parse(String(init.body)));
    const headers = new Headers(init.headers);
    if (!this.own.has(headers.get("x-auth-token") ?? "")) return keystoneError(401);
    if (call !== "GET /v3/auth/tokens") return Response.json({ path: pathname });
    return this.#validate(headers.get("x-subject-token") ?? "", searchParams.get("allow_expired") === "1");
  };

  count(call: string): number {
    return this.calls.filter((made) => made === call).length;
  }

  #login(body: unknown): Response {
    this.bodies.push(body);
    if (this.refusesLogins) return keystoneError(401);
    const value = `own-${++this.#given}`;
    this.own.add(value);
    return Response.json(
      { token: tokenOf({ expires_at: inSeconds(this.ownSeconds) }) },
      { status: 201, headers: { "x-subject-token": value } },
    );
  }

  #validate(subject: string, allowExpired: boolean): Response {
    const token = this.tokens.get(subject);
    if (!token || (Date.parse(token.expires_at) <= Date.now() && !allowExpired)) return keystoneError(404);
    return Response.json({ token }, { headers: { "x-subject-token": subject } });
  }
}
