import { afterEach, expect, test, vi } from "vitest";
import type { SwiftAccount } from "./swift-auth.ts";
import { SwiftClient } from "./swift-client.ts";
import { WORKERD } from "./workerd.ts";

afterEach(() => void vi.useRealTimers());

const plain: SwiftAccount = { version: 1, user: "test:tester", key: "the secret" };
const keystone: SwiftAccount = {
  version: 3,
  key: "the secret",
  user: "glance",
  projectName: "service",
  interface: "internal",
  region: "two",
};

/** A Swift and its authentication: each token is good until it is taken away. */
class FakeSwift {
  readonly asked: { call: string; token: string | null; headers: Headers; body: string }[] = [];
  readonly good = new Set<string>();
  answerLogin: ((given: string) => Response) | undefined;
  expires: string | undefined = "3600";
  #given = 0;

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const request = new Request(url, init);
    const { pathname, search } = new URL(url);
    const call = `${request.method} ${pathname}${search}`;
    const token = request.headers.get("x-auth-token");
    this.asked.push({ call, token, headers: request.headers, body: await request.text() });
    // A task of its own, as a network makes it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (/auth/.test(pathname)) return this.#login();
    return new Response(null, { status: this.good.has(token ?? "") ? 204 : 401 });
  };

  get logins(): number {
    return this.asked.filter(({ call }) => /auth/.test(call)).length;
  }

  #login(): Response {
    const token = `token-${++this.#given}`;
    this.good.add(token);
    if (this.answerLogin) return this.answerLogin(token);
    return new Response(null, {
      status: 204,
      headers: {
        "x-auth-token": token,
        "x-storage-url": "http://swift.test/v1/AUTH_test",
        ...(this.expires === undefined ? {} : { "x-auth-token-expires": this.expires }),
      },
    });
  }
}

const clientOf = (swift: FakeSwift, account: SwiftAccount, more: { endpoint?: string } = {}) =>
  new SwiftClient({
    id: "swift-1",
    authUrl: account.version === 1 ? "http://swift.test/auth/v1.0" : "http://keystone.test:5000",
    account,
    answerSeconds: 5,
    idleSeconds: 5,
    createContainer: false,
    platform: WORKERD,
    fetch: swift.fetch,
    ...more,
  });

const head = { method: "HEAD", path: "glance" } as const;

const granted = (token: string, seconds = 3600, endpoints: object[] = CATALOGUE) =>
  Response.json(
    {
      token: {
        expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
        catalog: [
          { type: "image", endpoints: [{ interface: "internal", region_id: "two", url: "http://no.test" }] },
          { type: "object-store", endpoints },
        ],
      },
    },
    { status: 201, headers: { "x-subject-token": token } },
  );

const CATALOGUE = [
  { interface: "public", region_id: "two", region: "two", url: "http://public.test/v1/AUTH_p" },
  { interface: "internal", region_id: "one", region: "one", url: "http://one.test/v1/AUTH_p" },
  { interface: "internal", region_id: "two", region: "two", url: "http://two.test/v1/AUTH_p" },
];

test("logs in once for all requests of a moment, and again shortly before the token ends", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const swift = new FakeSwift();
  const client = clientOf(swift, plain);
  await Promise.all([client.ask(head), client.ask(head), client.ask(head)]);
  expect(swift.logins).toBe(1);
  expect(swift.asked[0]?.headers.get("x-auth-user")).toBe("test:tester");
  vi.setSystemTime(Date.now() + 3_545_000);
  await client.ask(head);
  await client.ask(head);
  expect(swift.logins).toBe(2);
  expect(swift.asked.at(-1)).toMatchObject({ call: "HEAD /v1/AUTH_test/glance", token: "token-2" });
});

test("renews a token that is not taken any more, once, and sends the request again", async () => {
  const swift = new FakeSwift();
  swift.expires = undefined;
  const client = clientOf(swift, plain);
  await client.ask(head);
  swift.good.clear();
  const answers = await Promise.all([client.ask(head), client.ask(head)]);
  expect(answers.map(({ status }) => status)).toEqual([204, 204]);
  expect(swift.logins).toBe(2);
});

test("does not log in again and again when a new token is not taken either", async () => {
  const swift = new FakeSwift();
  swift.answerLogin = () =>
    new Response(null, { headers: { "x-auth-token": "bad", "x-storage-url": "http://swift.test/v1/A" } });
  expect((await clientOf(swift, plain).ask(head)).status).toBe(401);
  expect(swift.logins).toBe(2);
});

test("asks Keystone for a token of the project, and the catalogue for its endpoint", async () => {
  const swift = new FakeSwift();
  swift.answerLogin = (token) => granted(token);
  await clientOf(swift, keystone).ask(head);
  const [login, request] = swift.asked;
  expect(login?.call).toBe("POST /v3/auth/tokens");
  expect(JSON.parse(login?.body ?? "")).toEqual({
    auth: {
      identity: {
        methods: ["password"],
        password: { user: { name: "glance", domain: { id: "default" }, password: "the secret" } },
      },
      scope: { project: { name: "service", domain: { id: "default" } } },
    },
  });
  expect(request).toMatchObject({ call: "HEAD /v1/AUTH_p/glance", token: "token-1" });
});

test("logs in with an application credential, whose project is its own", async () => {
  const swift = new FakeSwift();
  swift.answerLogin = (token) => granted(token);
  const account = {
    version: 3,
    key: "the secret",
    applicationCredentialId: "id",
    interface: "public",
  } as const;
  const client = clientOf(swift, account, { endpoint: "http://swift.test/v1/AUTH_fixed/" });
  await client.ask(head);
  expect(swift.asked.map(({ call }) => call)).toEqual([
    "POST /v3/auth/tokens?nocatalog",
    "HEAD /v1/AUTH_fixed/glance",
  ]);
  expect(JSON.parse(swift.asked[0]?.body ?? "")).toEqual({
    auth: {
      identity: {
        methods: ["application_credential"],
        application_credential: { id: "id", secret: "the secret" },
      },
    },
  });
});

test("says so when the catalogue has no object store of the region and interface", async () => {
  const swift = new FakeSwift();
  swift.answerLogin = (token) => granted(token, 3600, CATALOGUE.slice(0, 2));
  await expect(clientOf(swift, keystone).ask(head)).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/swift-1 .*object-store endpoint of its region and interface/),
  });
});

test.each([
  ["wrong credentials", () => new Response(null, { status: 401 }), /swift-1 .*credentials are not taken/],
  [
    "a redirect",
    () => new Response(null, { status: 302, headers: { location: "http://x.test" } }),
    /swift-1/,
  ],
  [
    "an authentication that has erred",
    () => new Response(null, { status: 500 }),
    /swift-1 .*does not answer as it should/,
  ],
  [
    "an answer without a token",
    () => new Response(null, { status: 200 }),
    /swift-1 .*does not answer as it should/,
  ],
  [
    "a storage URL that is none",
    () => new Response(null, { headers: { "x-auth-token": "t", "x-storage-url": "file:///etc" } }),
    /swift-1 .*does not answer as it should/,
  ],
] as const)("is unavailable for %s, and tells no secret", async (_, answer, message) => {
  const swift = new FakeSwift();
  swift.answerLogin = answer;
  const client = clientOf(swift, plain);
  const error = await client.ask(head).catch((e: unknown) => e);
  expect(error).toMatchObject({ kind: "unavailable", message: expect.stringMatching(message) });
  expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain("the secret");
  expect(swift.asked.every(({ call }) => call.startsWith("GET /auth"))).toBe(true);
});

test("does not try wrong credentials again at once", async () => {
  const swift = new FakeSwift();
  swift.answerLogin = () => new Response(null, { status: 401 });
  const client = clientOf(swift, plain);
  for (let i = 0; i < 3; i++) await expect(client.ask(head)).rejects.toMatchObject({ kind: "unavailable" });
  expect(swift.logins).toBe(1);
});
