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
