import assert from "node:assert/strict";
import type { HTTPRequest, Page } from "puppeteer-core";
import type { Checks } from "./checks.ts";

const TOKENS = "/identity/v3/auth/tokens";

interface Reference {
  readonly base: string;
  readonly password: string;
  /** Where the picture of the page goes. */
  readonly screenshot: string;
}

/** The page at /docs, used as people do: with nothing but the service to ask, it shows the document and tries requests. */
export async function showsReference(
  checks: Pick<Checks, "check">,
  page: Page,
  at: Reference,
): Promise<void> {
  const { check } = checks;
  const { base, password } = at;
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  const noted = (request: HTTPRequest) => {
    const url = request.url();
    if (!url.startsWith(`${base}/`) && url !== "about:blank") elsewhere.push(url);
  };
  page.on("request", noted);
  page.on("console", (message) => {
    // A browser complains of every refusal there; one is tried here.
    if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  await check("/docs shows the document that the service serves", async () => {
    await page.goto(`${base}/docs`, { waitUntil: "networkidle0" });
    await page.waitForSelector(".opblock", { timeout: 30_000 });
    const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const operations = Object.values(paths).flatMap((path) =>
      Object.keys(path).filter((key) =>
        ["get", "put", "post", "patch", "delete", "head", "options"].includes(key),
      ),
    );
    assert.equal((await page.$$(".opblock")).length, operations.length);
  });
  await check("/docs: the headers of an answer unfold, and what is ours is marked", async () => {
    const block = blockOf("get", "/v2/images/{image_id}/file");
    await page.click(`${block} .opblock-summary-control`);
    const headers = await page.waitForSelector(`${block} .responses-table details`);
    assert.equal(await headers?.$eval(".headers", (table) => table.checkVisibility()), false);
    await (await headers?.$("summary"))?.click();
    assert.match((await headers?.$eval(".headers", (table) => table.innerText)) ?? "", /^ETag\b/m);
    const marked = await page.$$eval(`${block} .parameters tr`, (rows) =>
      rows
        .filter((row) => row.textContent?.includes("x-glimpse-extension"))
        .map((row) => row.dataset.paramName),
    );
    assert.deepEqual(marked, ["If-Range", "If-None-Match"]);
    await page.click(`${block} .opblock-summary-control`);
  });
  await check("/docs: without a token a request that is tried is refused", async () => {
    assert.equal((await tried(page, "get", "/v2/images")).status, "401");
  });
  await check("/docs: a login is tried, and its token is taken for what follows", async () => {
    const domain = { id: "default" };
    const identity = { methods: ["password"], password: { user: { name: "admin", password, domain } } };
    const body = JSON.stringify({ auth: { identity, scope: { project: { name: "admin", domain } } } });
    assert.equal((await tried(page, "post", TOKENS, body)).status, "201");
    const list = await tried(page, "get", "/v2/images");
    assert.equal(list.status, "200");
    assert.match(list.body, /"images": \[\]/);
  });
  await check("/docs: its picture is taken", async () => {
    const block = await page.waitForSelector(`${blockOf("get", "/v2/images")} .responses-wrapper`);
    // Down to the headers of an answer, which are folded.
    await page.setViewport({ width: 1280, height: 1900 });
    await block?.evaluate((element) => element.scrollIntoView());
    await page.screenshot({ path: at.screenshot as `${string}.png` });
  });
  await check("/docs: a token that is pasted goes with what is tried", async () => {
    const token = await tokenOf(base, password);
    await page.goto("about:blank");
    await page.goto(`${base}/docs`, { waitUntil: "networkidle0" });
    await page.waitForSelector(".opblock", { timeout: 30_000 });
    assert.equal((await tried(page, "get", "/v2/images")).status, "401");
    await pasteToken(page, token);
    assert.equal((await tried(page, "get", "/v2/images")).status, "200");
  });
  await check("/docs: nothing but the service was asked for anything", () => assert.deepEqual(elsewhere, []));
  await check("/docs: nothing was against its Content-Security-Policy, and nothing failed in it", () =>
    assert.deepEqual(complaints, []),
  );
}

const blockOf = (method: string, path: string) => `.opblock-${method}:has([data-path="${path}"])`;

/** Opens an operation, sends it with what is filled in, and reads the answer that the page shows. */
async function tried(
  page: Page,
  method: string,
  path: string,
  body?: string,
): Promise<{ readonly status: string; readonly body: string }> {
  const block = blockOf(method, path);
  if (!(await page.$(`${block}.is-open`))) await page.click(`${block} .opblock-summary-control`);
  const execute = await page.waitForSelector(`${block} button.execute`);
  if (body !== undefined) await fill(page, `${block} textarea.body-param__text`, body);
  const shown = `${block} .live-responses-table .response-col_status`;
  await page.$(`${block} button.btn-clear`).then((clear) => clear?.click());
  await page.waitForFunction(`!document.querySelector(${JSON.stringify(shown)})`);
  await execute?.click();
  await page.waitForSelector(`${block} .live-responses-table tbody .response-col_status`);
  const text = (selector: string) => page.$eval(selector, (element) => element.textContent ?? "");
  return {
    status:
      (await text(`${block} .live-responses-table tbody .response-col_status`)).match(/\d{3}/)?.[0] ?? "",
    body: await text(`${block} .live-responses-table tbody .response-col_description`),
  };
}

async function fill(page: Page, selector: string, text: string): Promise<void> {
  const field = await page.waitForSelector(selector);
  await field?.click({ count: 3 });
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.sendCharacter(text);
}

async function pasteToken(page: Page, token: string): Promise<void> {
  await page.click(".auth-wrapper button.authorize");
  const field = await page.waitForSelector(".modal-ux .auth-container input");
  await field?.focus();
  await page.keyboard.sendCharacter(token);
  await page.click(".modal-ux .auth-container button.authorize");
  await page.click(".modal-ux .auth-container button.btn-done");
}

async function tokenOf(base: string, password: string): Promise<string> {
  const domain = { id: "default" };
  const identity = { methods: ["password"], password: { user: { name: "admin", password, domain } } };
  const answer = await fetch(`${base}${TOKENS}`, {
    method: "POST",
    body: JSON.stringify({ auth: { identity, scope: { project: { name: "admin", domain } } } }),
  });
  return answer.headers.get("x-subject-token") ?? "";
}
