import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { Checks } from "./checks.ts";
import { isShutOut, worksAcrossOrigins } from "./cors.ts";
import { servePages } from "./pages.ts";
import { showsReference } from "./reference.ts";
import { startService } from "./service.ts";

/**
 * The service in a real browser: a page of another origin does the main job through the front door and straight at the
 * worker, and the page at /docs is used. Needs Debian's chromium, or what CHROMIUM names; SCREENSHOT says where the
 * picture of /docs goes.
 */
const { CHROMIUM = "/usr/bin/chromium", SCREENSHOT = join(tmpdir(), "glimpse-docs.png") } = process.env;

const checks = new Checks();
const folder = await mkdtemp(join(tmpdir(), "glimpse-browser-"));
const [allowed, other] = [await servePages(), await servePages()];
const service = await startService(folder, [allowed.url]);
const browser = await launch({
  executablePath: CHROMIUM,
  // Names of the internet are none there. In a container that runs as root the browser has no sandbox of its own.
  args: [
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-dev-shm-usage",
  ],
  defaultViewport: { width: 1280, height: 1000 },
});
const pageAt = async (url: string) => {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
};

try {
  for (const [name, base] of [
    ["front door", service.url],
    ["worker", service.workerUrl],
  ] as const) {
    const at = { name, base, password: service.adminPassword };
    await worksAcrossOrigins(checks, await pageAt(allowed.url), at);
    await isShutOut(checks, await pageAt(other.url), at);
  }
  await showsReference(checks, await browser.newPage(), {
    base: service.url,
    password: service.adminPassword,
    screenshot: SCREENSHOT,
  });
} finally {
  await browser.close();
  await service.stop();
  allowed.close();
  other.close();
  await rm(folder, { recursive: true });
}
process.exitCode = checks.close("browser") ? 0 : 1;
