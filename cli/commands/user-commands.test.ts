import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendJson, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { type CliOptions, piped, runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
let folder: string;
beforeEach(async () => {
  cloud = await startFakeCloud();
  folder = await mkdtemp(join(tmpdir(), "glimpse-cli-"));
  for (const kind of ["user", "project", "role"]) addTo(kind);
});
afterEach(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

/** One thing of each kind, with the id `<kind>-1` and the name `demo`. */
function addTo(kind: string) {
  const thing = { id: `${kind}-1`, name: "demo", enabled: true, links: { self: "x" } };
  const root = `/identity/v3/${kind}s`;
  cloud.answer("GET", root, (_q, response, seen) => {
    const name = seen.query.get("name");
    sendJson(response, 200, { [`${kind}s`]: name === null || name === "demo" ? [thing] : [] });
  });
  cloud.answer("GET", `${root}/${kind}-1`, (_q, response) => sendJson(response, 200, { [kind]: thing }));
  for (const name of ["demo", "nobody"])
    cloud.answer("GET", `${root}/${name}`, (_q, response) =>
      sendJson(response, 404, { error: { code: 404, message: "Could not find it.", title: "Not Found" } }),
    );
  for (const [method, path] of [
    ["POST", root],
    ["PATCH", `${root}/${kind}-1`],
  ] as const)
    cloud.answer(method, path, async (request, response, seen) => {
      seen.body = Buffer.concat(await request.toArray());
      sendJson(response, method === "POST" ? 201 : 200, { [kind]: thing });
    });
  cloud.answer("DELETE", `${root}/${kind}-1`, (_q, response) => response.writeHead(204).end());
}

const cli = (words: string[], options: CliOptions = {}) =>
  runCli(words, { environment: signedIn(cloud), ...options });
const sent = (method: string) => {
  const body = cloud.seen.findLast((seen) => seen.method === method && !seen.path.endsWith("/tokens"))?.body;
  return body && JSON.parse(String(body));
};
const asked = () => cloud.seen.map(({ method, path }) => `${method} ${path.replace("/identity/v3", "")}`);

describe("user-create", () => {
  test("reads the password from standard input or a file, and shows the user without its links", async () => {
    const result = await cli(["user-create", "demo", "--password-file", "-"], {
      stdin: piped("sesame\nmore"),
    });
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(sent("POST")).toEqual({ user: { name: "demo", password: "sesame", enabled: true } });
    expect(result.stdout).not.toContain("links");
    await writeFile(join(folder, "password"), "open\r\n");
    const words = ["user", "create", "demo", "--password-file", join(folder, "password"), "--disable"];
    expect((await cli(words)).exitCode).toBe(0);
    expect(sent("POST")).toEqual({ user: { name: "demo", password: "open", enabled: false } });
  });

  test("does not do without one where there is no terminal to ask on", async () => {
    const result = await cli(["user-create", "demo"], { stdin: piped() });
    expect(result).toMatchObject({ exitCode: 2, stdout: "" });
    expect(asked()).toEqual([]);
  });
});

describe("user-set", () => {
  test("disables by name and sends nothing else", async () => {
    expect((await cli(["user-set", "demo", "--disable"])).exitCode).toBe(0);
    expect(sent("PATCH")).toEqual({ user: { enabled: false } });
  });

  test("sets a new password", async () => {
    const words = ["user-set", "user-1", "--password-file", "-"];
    expect((await cli(words, { stdin: piped("sesame\n") })).exitCode).toBe(0);
    expect(sent("PATCH")).toEqual({ user: { password: "sesame" } });
  });

  test.each([[[]], [["--enable", "--disable"]]])("takes %j for wrong usage", async (options) => {
    expect((await cli(["user-set", "demo", ...options])).exitCode).toBe(2);
    expect(asked()).toEqual([]);
  });
});

describe("the others", () => {
  test("list, and delete what is there", async () => {
    expect((await cli(["user-list"])).stdout).toContain("| user-1 | demo | True    |");
    expect((await cli(["project-list", "-f", "value"])).stdout).toBe("project-1 demo True\n");
    const result = await cli(["project-delete", "nobody", "demo"]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('There is no project with the name or id "nobody".');
    expect(asked()).toContain("DELETE /projects/project-1");
  });

  test("give a role and take it, all three found by name", async () => {
    const path = "/projects/project-1/users/user-1/roles/role-1";
    for (const method of ["PUT", "DELETE"])
      cloud.answer(method, `/identity/v3${path}`, (_q, response) => response.writeHead(204).end());
    const grant = ["demo", "--user", "demo", "--project", "demo"];
    expect((await cli(["role-add", ...grant])).exitCode).toBe(0);
    expect((await cli(["role-remove", ...grant])).exitCode).toBe(0);
    expect(asked().filter((line) => line.endsWith(path))).toEqual([`PUT ${path}`, `DELETE ${path}`]);
    expect((await cli(["role-add", "demo"])).exitCode).toBe(2);
  });

  test("show who has which role", async () => {
    cloud.answer("GET", "/identity/v3/role_assignments", (_q, response) =>
      sendJson(response, 200, {
        role_assignments: [
          {
            role: { id: "r", name: "member" },
            user: { id: "u", name: "demo" },
            scope: { project: { id: "p" } },
          },
        ],
      }),
    );
    const result = await cli(["role-list", "--user", "demo", "--project", "demo", "-f", "value"]);
    expect(result.stdout).toBe("member demo p\n");
    expect(cloud.seen.at(-1)?.query.get("user.id")).toBe("user-1");
    expect(cloud.seen.at(-1)?.query.get("scope.project.id")).toBe("project-1");
  });
});
