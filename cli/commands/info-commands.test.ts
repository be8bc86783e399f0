import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, sendJson, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });
const answers = (path: string, body: unknown) =>
  cloud.answer("GET", path, (_q, response) => sendJson(response, 200, body));

describe("stores-info", () => {
  test("prints the stores as the stock client does", async () => {
    answers("/v2/info/stores", {
      stores: [
        { id: "fast", description: "fast file store", default: "true" },
        { id: "cheap", description: "cheap file store" },
      ],
    });
    expect((await cli("stores-info")).stdout).toBe(
      [
        "+----------+----------------------------------------------------------------------------------+",
        "| Property | Value                                                                            |",
        "+----------+----------------------------------------------------------------------------------+",
        '| stores   | [{"id": "fast", "description": "fast file store", "default": "true"}, {"id":     |',
        '|          | "cheap", "description": "cheap file store"}]                                     |',
        "+----------+----------------------------------------------------------------------------------+",
        "",
      ].join("\n"),
    );
  });

  test("asks for the details with --detail", async () => {
    answers("/v2/info/stores/detail", { stores: [{ id: "fast", type: "file", properties: {} }] });
    expect((await cli("stores", "info", "--detail")).stdout).toContain('"type": "file", "properties": {}');
  });

  test("tells a refusal in two lines", async () => {
    cloud.answer("GET", "/v2/info/stores/detail", (_q, response) =>
      sendHtml(response, 403, "Forbidden", "You are not authorized to complete stores_info_detail action."),
    );
    const { exitCode, stderr } = await cli("stores-info", "--detail");
    expect([exitCode, stderr.split("\n").length]).toEqual([1, 3]);
  });
});

describe("doctor", () => {
  const found = (path: string, ...findings: object[]) =>
    cloud.answer("POST", path, (_q, response) => {
      const ok = findings.every((finding) => (finding as { ok: boolean }).ok);
      sendJson(response, 200, { store: "s", ok, findings });
    });
  const good = { ok: true, what: "can be written" };
  const bad = {
    ok: false,
    what: "cannot be written: The bucket of the store s3 is missing.",
    remedy: "Make it.",
  };

  test("has each store tried, and ends with 1 where something is wrong", async () => {
    answers("/v2/info/stores", { stores: [{ id: "disk", default: "true" }, { id: "s3" }] });
    found("/v2/info/stores/disk/check", good);
    found("/v2/info/stores/s3/check", bad);
    expect(await cli("doctor")).toMatchObject({
      exitCode: 1,
      stdout: [
        "ok   disk: can be written",
        "FAIL s3: cannot be written: The bucket of the store s3 is missing.",
        "     Make it.",
        "",
      ].join("\n"),
    });
    expect(await cli("doctor", "disk")).toMatchObject({
      exitCode: 0,
      stdout: "ok   disk: can be written\n",
    });
    expect(JSON.parse((await cli("doctor", "s3", "-f", "json")).stdout)).toMatchObject([{ ok: false }]);
  });

  test("goes on after a store that there is not, and tells of it in two lines", async () => {
    found("/v2/info/stores/disk/check", good);
    cloud.answer("POST", "/v2/info/stores/nope/check", (_q, response) =>
      sendHtml(response, 404, "Not Found", "There is no store nope."),
    );
    const { exitCode, stderr, stdout } = await cli("doctor", "nope", "disk");
    expect([exitCode, stdout]).toEqual([1, "ok   disk: can be written\n"]);
    expect(stderr.split("\n")).toHaveLength(3);
  });
});

describe("usage", () => {
  test("without quotas is a table without rows, as the stock client prints it", async () => {
    answers("/v2/info/usage", { usage: {} });
    const line = "+-------+-------+-------+";
    expect((await cli("usage")).stdout).toBe(
      `${[line, "| Quota | Limit | Usage |", line, line].join("\n")}\n`,
    );
  });

  test("shows zeros and limits that are none", async () => {
    answers("/v2/info/usage", {
      usage: { image_size_total: { limit: -1, usage: 0 }, image_count_total: { limit: 10, usage: 4 } },
    });
    const { stdout } = await cli("usage");
    expect(stdout).toContain("| image_size_total  | -1    | 0     |");
    expect(stdout).toContain("| image_count_total | 10    | 4     |");
  });
});
