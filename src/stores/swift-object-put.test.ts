import { expect, test } from "vitest";
import { bytesOf } from "../../test/support/streams.ts";
import { SwiftClient } from "./swift-client.ts";
import { ObjectPut } from "./swift-object-put.ts";
import { WORKERD } from "./workerd.ts";

const LOGIN = "GET /auth/v1.0";
const PUT = "PUT /v1/AUTH_test/glance/k";

/** A put to a server whose tokens come when the test says so, and of which no token is taken. */
function putTo() {
  const asked: string[] = [];
  let seen = () => {};
  const logins: (() => void)[] = [];
  const client = new SwiftClient({
    ...{ id: "cold", authUrl: "http://swift.test/auth/v1.0", answerSeconds: 5, idleSeconds: 0.2 },
    createContainer: false,
    platform: WORKERD,
    account: { version: 1, user: "test:tester", key: "the secret" },
    fetch: async (url, { method = "GET" }) => {
      const call = `${method} ${new URL(url).pathname}`;
      asked.push(call);
      if (call !== LOGIN) return new Response(null, { status: 401 });
      await new Promise<void>((resolve) => {
        logins.push(resolve);
        seen();
      });
      const headers = {
        "x-auth-token": `t${logins.length}`,
        "x-storage-url": "http://swift.test/v1/AUTH_test",
      };
      return new Response(null, { headers });
    },
  });
  const put = new ObjectPut({
    ...{ client, container: "glance", name: "k", size: 10, keepBytes: 100, failed: () => {} },
  });
  /** Resolves when the server is asked for so many tokens; it gives them once it is let. */
  const asksFor = (count: number) =>
    new Promise<void>((resolve) => {
      seen = () => logins.length >= count && resolve();
      seen();
    });
  return { put, asked, asksFor, letIn: () => logins.at(-1)?.() };
}

test.each([
  ["at first", 1, [LOGIN]],
  ["once more, for the first was not taken", 2, [LOGIN, PUT, LOGIN]],
])("a put that is given up while a token is waited for, %s, sends nothing more", async (_, count, calls) => {
  const { asked, asksFor, letIn, put } = putTo();
  const written = put.write(bytesOf(10)).catch((error: unknown) => error);
  for (let login = 1; login < count; login++) {
    await asksFor(login);
    letIn();
  }
  await asksFor(count);
  const reason = new Error("the client went away");
  await put.abort(reason);
  letIn();
  expect(await written).toBe(reason);
  expect(asked).toEqual(calls);
});
