import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the page at /docs is served from: on Cloudflare as static assets, at home by workerd from the disk. */
export const REFERENCE = fileURLToPath(new URL("../dist/reference/", import.meta.url));

const HERE = fileURLToPath(new URL("./", import.meta.url));

/** What the page is made of besides itself, each by the name that it has in the page. */
function filesOfPage(): { readonly name: string; readonly from: string; readonly file?: string }[] {
  const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return [
    { name: "favicon-32x32.png", from: swagger },
    { name: "swagger-ui.css", from: swagger },
    { name: "reference.css", from: HERE },
    { name: "LICENSE.txt", from: swagger, file: "LICENSE" },
    { name: "swagger-ui-bundle.js", from: swagger },
    { name: "reference.js", from: HERE },
  ];
}

/**
 * Makes the folder: Swagger UI from its package, and our page around it. A file has what it hashes to in its name
 * (src/routes/docs.ts relies on it), so that it may be kept for ever.
 */
export function buildReference(folder: string = REFERENCE): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let page = readFileSync(join(HERE, "index.html"), "utf8");
  for (const { name, from, file = name } of filesOfPage()) {
    const content = readFileSync(join(from, file));
    const written = name.endsWith(".css") ? withoutDataUrls(content.toString(), folder) : content;
    page = page.replace(`"docs/${name}"`, `"docs/${write(folder, name, written)}"`);
  }
  writeFileSync(join(folder, "index.html"), page);
}

/** For a checkout on which nothing has been built. */
export function requireReference(): void {
  if (!existsSync(join(REFERENCE, "index.html"))) buildReference();
}

/** Puts the content down under the name that says what it hashes to, and returns that. */
function write(folder: string, name: string, content: string | Buffer): string {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const hashed = name.replace(/\.(?=\w+$)/, `.${hash}.`);
  writeFileSync(join(folder, hashed), content);
  return hashed;
}

const SVG = /url\("data:image\/svg\+xml;charset=utf-8,((?:[^"\\]|\\.)*)"\)/g;
const BASE64 = /url\(data:image\/(\w+);base64,([^)]*)\)/g;

/** Pictures in a style sheet as files beside it: the page may load what this service has, and nothing else. */
function withoutDataUrls(css: string, folder: string): string {
  const picture = (type: string, content: string | Buffer) =>
    `url(${write(folder, `picture.${type}`, content)})`;
  const mended = css
    .replace(SVG, (_, text: string) => picture("svg", decodeURIComponent(text.replace(/\\(.)/g, "$1"))))
    .replace(BASE64, (_, type: string, data: string) => picture(type, Buffer.from(data, "base64")));
  if (/url\(["']?(?!picture\.)/.test(mended)) throw new Error("A style sheet wants what is not beside it.");
  return mended;
}
