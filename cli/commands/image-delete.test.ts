import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeCloud, sendHtml, startFakeCloud } from "../../test/support/fake-cloud.node.ts";
import { runCli, signedIn } from "../../test/support/run-cli.node.ts";

let cloud: FakeCloud;
beforeEach(async () => {
  cloud = await startFakeCloud();
});
afterEach(() => cloud.close());

const cli = (...words: string[]) => runCli(words, { environment: signedIn(cloud) });

describe("image-delete", () => {
  test("deletes several, in silence", async () => {
    cloud.addImage({ id: "a" });
    cloud.addImage({ id: "b", name: "by name" });
    expect(await cli("image-delete", "a", "by name")).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    expect(cloud.images.size).toBe(0);
  });

  test("goes on after a failure, tells each as the stock client does, and fails in the end", async () => {
    for (const id of ["held", "busy", "last"]) cloud.addImage({ id });
    cloud.answer("DELETE", "/v2/images/held", (_q, response) =>
      sendHtml(response, 403, "Forbidden", "protected"),
    );
    cloud.answer("DELETE", "/v2/images/busy", (_q, response) =>
      sendHtml(response, 409, "Conflict", "clones"),
    );
    const result = await cli("image-delete", "absent", "held", "busy", "last");
    expect(result.exitCode).toBe(1);
    expect([...cloud.images.keys()]).toEqual(["held", "busy"]);
    const lines = result.stderr.split("\n");
    expect([lines[0], lines[2], lines[4]]).toEqual([
      "No image with an ID of 'absent' exists.",
      "You are not permitted to delete the image 'held'.",
      "Unable to delete image 'busy' because it is in use.",
    ]);
    expect(lines[5]).toContain("HTTP 409 Conflict: clones");
  });

  test("does not go on when the service has gone", async () => {
    cloud.answer("DELETE", "/v2/images/a", (_request, response) => response.destroy());
    const result = await cli("image-delete", "a", "b");
    expect(result.exitCode).toBe(1);
    expect(cloud.seen.some(({ path }) => path === "/v2/images/b")).toBe(false);
  });
});
