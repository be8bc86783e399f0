import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, sendJson, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

const ID = "57019f4e-a9ac-4a1b-9b6e-5e7d956278e0";
const PROJECT = "71acd30f988843149da44fb744d7fdcb";
const MEMBERS = `/v2/images/${ID}/members`;
const record = (status: string) => ({
  image_id: ID,
  member_id: PROJECT,
  status,
  created_at: "2026-11-23T06:01:41Z",
  updated_at: "2026-11-23T06:01:41Z",
  schema: "/v2/schemas/member",
});

/** As the stock client printed it (its widths are those of the longest status). */
const table = (status: string) => {
  const line = `+--------------------------------------+----------------------------------+-${"-".repeat(status.length)}-+`;
  const head = `| Image ID                             | Member ID                        | Status${" ".repeat(status.length - 6)} |`;
  return `${[line, head, line, `| ${ID} | ${PROJECT} | ${status} |`, line].join("\n")}\n`;
};

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
  cloud.addImage({ id: ID, name: "shared one" });
  for (const [method, path, status] of [
    ["POST", MEMBERS, "pending"],
    ["PUT", `${MEMBERS}/${PROJECT}`, "accepted"],
    ["GET", `${MEMBERS}/${PROJECT}`, "pending"],
  ] as const)
    cloud.answer(method, path, async (request, response, seen) => {
      seen.body = Buffer.concat(await request.toArray());
      sendJson(response, 200, record(status));
    });
  cloud.answer("GET", MEMBERS, (_q, response) => sendJson(response, 200, { members: [record("pending")] }));
  cloud.answer("DELETE", `${MEMBERS}/${PROJECT}`, (_q, response) => response.writeHead(204).end());
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const sent = () => JSON.parse(String(cloud.seen.at(-1)?.body));

describe("member-create", () => {
  test("names the project and prints the member as the stock client does", async () => {
    expect(await cli("member-create", ID, PROJECT)).toEqual(
      expect.objectContaining({ exitCode: 0, stderr: "", stdout: table("pending") }),
    );
    expect(sent()).toEqual({ member: PROJECT });
  });

  test("finds an image by its name, in two words too", async () => {
    expect((await cli("member", "create", "shared one", PROJECT)).stdout).toBe(table("pending"));
  });

  test("tells a refusal in two lines", async () => {
    cloud.answer("POST", MEMBERS, (_q, response) =>
      sendHtml(response, 409, "Conflict", `Member ${PROJECT} is duplicated for image ${ID}`),
    );
    expect(await cli("member-create", ID, PROJECT)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: `HTTP 409 Conflict: Member ${PROJECT} is duplicated for image ${ID}\nLook at its present state, then try again.\n`,
    });
  });
});

describe("member-list", () => {
  test("lists the members as the stock client does", async () => {
    expect((await cli("member-list", "--image-id", ID)).stdout).toBe(table("pending"));
  });

  test("gives the API's own fields as JSON", async () => {
    const { stdout } = await cli("member-list", "--image-id", ID, "-f", "json");
    expect(JSON.parse(stdout)).toEqual([record("pending")]);
  });

  test("needs an image", async () => {
    expect((await cli("member-list")).exitCode).toBe(2);
  });
});

test("member-get prints all of a member, sorted by name", async () => {
  const { stdout } = await cli("member-get", ID, PROJECT);
  const names = [...stdout.matchAll(/^\| (\w+)/gm)].map(([, name]) => name);
  expect(names).toEqual([
    "Property",
    "created_at",
    "image_id",
    "member_id",
    "schema",
    "status",
    "updated_at",
  ]);
});

describe("member-update", () => {
  test("says what the project thinks of the image", async () => {
    expect((await cli("member-update", ID, PROJECT, "accepted")).stdout).toBe(table("accepted"));
    expect(sent()).toEqual({ status: "accepted" });
  });

  test("asks nothing of the service for a status that there is not", async () => {
    expect(await cli("member-update", ID, PROJECT, "maybe")).toMatchObject({ exitCode: 2, stdout: "" });
    expect(cloud.seen).toEqual([]);
  });
});

describe("member-delete", () => {
  test("is silent", async () => {
    expect(await cli("member-delete", ID, PROJECT)).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("does not take an empty project for all of them", async () => {
    expect((await cli("member-delete", ID, "")).exitCode).toBe(2);
    expect(cloud.seen.some(({ method }) => method === "DELETE")).toBe(false);
  });

  test("sends a project id with a slash as one segment", async () => {
    await cli("member-delete", ID, "a/b");
    expect(cloud.seen.at(-1)?.path).toBe(`${MEMBERS}/a%2Fb`);
  });
});
