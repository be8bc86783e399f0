import { beforeEach, describe, expect, test } from "vitest";
import type { UploadGrant } from "../../protocol/control.ts";
import { member, tokenOf } from "../../test/support/catalogue.ts";
import { givenImage, imageRow } from "../../test/support/images.ts";
import { asked, uploadHeaders, WRITTEN } from "../../test/support/relay-requests.ts";

let image: string;

describe("an upload through a relay for a project with a quota of bytes", () => {
  const MiB = 1024 * 1024;
  let headers: Record<string, string>;

  beforeEach(async () => {
    image = await givenImage({ owner: "limited" });
    headers = { "x-auth-token": await tokenOf(member("limited")) };
  });

  const begin = async (more: Record<string, string> = {}, asksForMore = true) => {
    const json = { ...uploadHeaders(more), asksForMore };
    const answer = await asked({ what: "uploads", image }, { json, headers });
    return answer.body as Extract<UploadGrant, { how: "store" }>;
  };

  const drop = (lease: string) => asked({ what: "abort", image, lease }, { json: {} });

  test("of known length is granted all of it", async () => {
    const grant = await begin({ "content-length": "5" });
    expect(grant).toMatchObject({ size: 5, grantedBytes: 5 });
    await drop(grant.lease);
    const size = { "content-length": String(80 * MiB + 1) };
    expect(await asked({ what: "uploads", image }, { json: uploadHeaders(size), headers })).toMatchObject({
      ...{ status: 413, forClient: true },
    });
  });

  test("of unknown length gets more when the relay asks, and no more than before where nothing is left", async () => {
    const { lease, ...grant } = await begin();
    expect(grant).toMatchObject({ grantedBytes: 10 * MiB, maxBytes: 1024 ** 4 });
    const extend = (bytes: number) => asked({ what: "extend", image, lease }, { json: { bytes } });
    expect(await extend(12 * MiB)).toMatchObject({ status: 200, body: { grantedBytes: 12 * MiB } });
    expect(await extend(12 * MiB)).toMatchObject({ body: { grantedBytes: 12 * MiB } });
    let last = 0;
    for (let most = 12 * MiB; most > last; ) {
      last = most;
      most = (await extend(200 * MiB)).body.grantedBytes;
    }
    expect(last).toBe(80 * MiB);
    expect(await asked({ what: "extend", image, lease }, { json: { bytes: 0 } })).toMatchObject({
      status: 400,
    });
    await drop(lease);
    expect(await extend(1)).toMatchObject({ status: 409, forClient: true });
  });

  test("is bounded by what it was granted where the relay does not ask for more", async () => {
    const { lease, ...grant } = await begin({}, false);
    expect(grant).toMatchObject({ grantedBytes: 10 * MiB, maxBytes: 10 * MiB });
    const json = { ...WRITTEN, size: 10 * MiB + 1 };
    expect(await asked({ what: "complete", image, lease }, { json })).toMatchObject({ status: 413 });
    expect(await imageRow(image)).toMatchObject({ status: "queued" });
  });

  test("asks for nothing where there is no quota", async () => {
    image = await givenImage();
    headers = {};
    const grant = await begin();
    expect(grant).not.toHaveProperty("grantedBytes");
    const { lease } = grant;
    expect(await asked({ what: "extend", image, lease }, { json: { bytes: 1 } })).toMatchObject({
      status: 400,
    });
  });
});
