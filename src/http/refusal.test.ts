import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { admin, ask, created, member } from "../../test/support/catalogue.ts";

const PATH = "/v2/images/7b3e0e2a-1a7c-4c0b-9f39-8f6a3e5d2c11";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The lines that are logged from now on. */
function logged(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const keep = (line: string) => void lines.push(JSON.parse(line));
  vi.spyOn(console, "log").mockImplementation(keep);
  vi.spyOn(console, "error").mockImplementation(keep);
  return lines;
}

const failing = (message: string) => ({
  LOG_LEVEL: "info",
  DB: new Proxy(env.DB, {
    get: () => () => {
      throw new Error(message);
    },
  }),
});

test("the line of a request names its user and project by their ids, under /v2 and of identity", async () => {
  const { id } = await created();
  const lines = logged();
  await ask("GET", `/v2/images/${id}`, { as: member("p1"), env: { LOG_LEVEL: "info" } });
  await ask("GET", "/identity/v3/projects", { as: admin("p2"), env: { LOG_LEVEL: "info" } });
  expect(lines).toEqual([
    expect.objectContaining({ path: `/v2/images/${id}`, status: 200, user: "member-of-p1", project: "p1" }),
    expect.objectContaining({ path: "/identity/v3/projects", user: "admin-of-p2", project: "p2" }),
  ]);
  for (const { time } of lines) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

describe.each(["/v2/images", "/identity/v3/projects"])("what is refused at %s", (path) => {
  test("is said to the log at debug alone", async () => {
    const headers = { "x-auth-token": "none" };
    const lines = logged();
    await ask("GET", path, { headers, env: { LOG_LEVEL: "debug" } });
    await ask("GET", path, { headers, env: { LOG_LEVEL: "info" } });
    const refused = { level: "debug", message: "refused", method: "GET", path, kind: "unauthorized" };
    expect(lines).toEqual([
      expect.objectContaining(refused),
      expect.objectContaining({ message: "request", status: 401 }),
      expect.objectContaining({ message: "request", status: 401 }),
    ]);
  });

  test("because the catalogue is away is a 503, and a warning that says where", async () => {
    const lines = logged();
    const { status } = await ask("GET", path, { env: failing("D1_ERROR: Network connection lost.") });
    expect(status).toBe(503);
    expect(lines[0]).toMatchObject({ level: "warn", method: "GET", path, kind: "unavailable" });
  });
});

test("an error that nobody expected is logged with the path, which names the image", async () => {
  const lines = logged();
  await ask("DELETE", PATH, { env: failing("x is not a function") });
  expect(lines[0]).toMatchObject({
    level: "error",
    message: "unexpected error",
    method: "DELETE",
    path: PATH,
  });
});
