import assert from "node:assert/strict";
import type { Page } from "puppeteer-core";
import type { Checks } from "./checks.ts";

const MiB = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Uploaded {
  readonly sent: Answer;
  readonly hash: string;
  readonly range: Omit<Answer, "text">;
  readonly isSame: boolean;
}

/** Calls a function of console.js in the page. */
const inPage = <T>(page: Page, name: string, ...values: readonly unknown[]): Promise<T> =>
  page.evaluate(
    `glimpse.${name}(${values.map((value) => JSON.stringify(value ?? {})).join(", ")})`,
  ) as Promise<T>;

/** The main job, done by a page of an origin that is allowed, at one of the service's addresses. */
export async function worksAcrossOrigins(
  { check }: Pick<Checks, "check">,
  page: Page,
  at: { readonly name: string; readonly base: string; readonly password: string },
): Promise<void> {
  const { name, base } = at;
  const ask = (method: string, path: string, more: object = {}) =>
    inPage<Answer>(page, "asked", base, method, path, { token, ...more });
  const json = { "content-type": "application/json" };
  let token = "";
  let id = "";

  await check(`${name}: a page of an allowed origin logs in, and reads its token`, async () => {
    const answer = await inPage<Answer>(page, "login", base, "admin", at.password);
    assert.equal(answer.status, 201, answer.text);
    token = answer.headers["x-subject-token"] ?? "";
    assert.notEqual(token, "");
  });
  await check(`${name}: it creates an image, and reads where that is and the request's id`, async () => {
    const body = JSON.stringify({ name: "of a browser", disk_format: "raw", container_format: "bare" });
    const answer = await ask("POST", "/v2/images", { headers: json, body });
    assert.equal(answer.status, 201, answer.text);
    ({ id } = JSON.parse(answer.text));
    assert.equal(answer.headers.location, `${base}/v2/images/${id}`);
    assert.match(answer.headers["x-openstack-request-id"] ?? "", /^req-/);
  });
  await check(`${name}: it uploads 8 MiB, and fetches a range of them with its headers`, async () => {
    const { sent, range, isSame, hash } = await inPage<Uploaded>(page, "upload", base, token, id, 8 * MiB);
    assert.equal(sent.status, 204, sent.text);
    assert.equal(range.status, 206);
    assert.equal(range.headers["content-range"], `bytes 1000-1999/${8 * MiB}`);
    assert.match(range.headers.etag ?? "", /^"/);
    assert.match(range.headers["content-md5"] ?? "", /^[0-9a-f]{32}$/);
    assert.equal(isSame, true);
    const image = JSON.parse((await ask("GET", `/v2/images/${id}`)).text);
    assert.deepEqual([image.status, image.os_hash_value], ["active", hash]);
  });
  await check(`${name}: it lists it`, async () => {
    const answer = await ask("GET", "/v2/images?limit=1");
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).images[0].id, id);
  });
  await check(`${name}: it patches it`, async () => {
    const answer = await ask("PATCH", `/v2/images/${id}`, {
      headers: { "content-type": "application/openstack-images-v2.1-json-patch" },
      body: JSON.stringify([{ op: "replace", path: "/name", value: "renamed" }]),
    });
    assert.deepEqual([answer.status, JSON.parse(answer.text).name], [200, "renamed"]);
  });
  await check(`${name}: it is not sent again what it has`, async () => {
    const { headers } = await ask("GET", `/v2/images/${id}/file`, { headers: { range: "bytes=0-0" } });
    const answer = await ask("GET", `/v2/images/${id}/file`, { headers: { "if-none-match": headers.etag } });
    assert.equal(answer.status, 304);
  });
  await check(`${name}: it reads refusals: 401, 404, 409, 415, 416`, async () => {
    const data = { "content-type": "application/octet-stream" };
    const refusals = [
      await ask("GET", "/v2/images", { token: "none" }),
      await ask("GET", "/v2/images/nothing"),
      await ask("PUT", `/v2/images/${id}/file`, { headers: data, body: "again" }),
      await ask("PUT", `/v2/images/${id}/file`, { headers: json, body: "again" }),
      await ask("GET", `/v2/images/${id}/file`, { headers: { range: `bytes=${8 * MiB}-` } }),
    ];
    assert.deepEqual(
      refusals.map(({ status }) => status),
      [401, 404, 409, 415, 416],
    );
    assert.match(refusals[0]?.headers["www-authenticate"] ?? "", /^Keystone uri=/);
  });
  await check(`${name}: it deletes it`, async () => {
    assert.equal((await ask("DELETE", `/v2/images/${id}`)).status, 204);
    assert.equal((await ask("GET", `/v2/images/${id}`)).status, 404);
  });
}

/** A page of an origin that is not allowed: its browser tells it nothing. */
export async function isShutOut(
  { check }: Pick<Checks, "check">,
  page: Page,
  at: { readonly name: string; readonly base: string; readonly password: string },
): Promise<void> {
  const { name, base } = at;
  const refused = /Failed to fetch/;
  await check(`${name}: a page of another origin can neither log in nor read anything`, async () => {
    await assert.rejects(inPage(page, "login", base, "admin", at.password), refused);
    await assert.rejects(inPage(page, "asked", base, "GET", "/"), refused);
    await assert.rejects(inPage(page, "asked", base, "GET", "/v2/images", { token: "any" }), refused);
  });
}
