import { Hono } from "hono";
import { ServiceError } from "../domain/errors.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { baseUrl } from "../http/base-url.ts";
import { type EntityTag, listsTag, tagOf } from "../http/entity-tag.ts";
import { allow } from "../http/methods.ts";

/**
 * The reference page, which shows /openapi.json and sends requests to try it out. It needs no token: it contains
 * nothing that is not in the repository. reference/build.ts makes the files; all but the page itself have their hash in
 * their names.
 */
export const docs = new Hono<AppTypes>();

const PAGE = "/docs";
const FILE = "/docs/:name";

/**
 * The page may use nothing but this service: no other scripts or fonts, and no other address to which a token could go.
 */
const PROTECTION = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

const TYPES: Record<string, string> = {
  html: "text/html; charset=UTF-8",
  js: "text/javascript; charset=UTF-8",
  css: "text/css; charset=UTF-8",
  txt: "text/plain; charset=UTF-8",
  svg: "image/svg+xml",
  png: "image/png",
  jpeg: "image/jpeg",
};

const HASHED = /^[\w-]+\.([0-9a-f]{16})\.(\w+)$/;

docs.use(PAGE, allow("GET", "HEAD"));
docs.use(FILE, allow("GET", "HEAD"));

docs.get(`${PAGE}/`, (c) => c.redirect(`${baseUrl(c)}${PAGE}`));

/** Requested anew each time, so that it names the files of the current version. */
docs.get(PAGE, async (c) => {
  const page = await (await fileOf(c, "index.html")).arrayBuffer();
  return answer(c, page, { type: "html", etag: await tagOf(page), cacheControl: "no-cache" });
});

docs.get(FILE, async (c) => {
  const name = c.req.param("name");
  const [, hash, type = ""] = HASHED.exec(name) ?? [];
  if (hash === undefined || !(type in TYPES)) throw nothingThere();
  const { body } = await fileOf(c, name);
  return answer(c, body, {
    type,
    etag: `"${hash}"`,
    cacheControl: "public, max-age=31536000, immutable",
  });
});

interface About {
  readonly type: string;
  readonly etag: EntityTag;
  readonly cacheControl: string;
}

function answer(c: AppContext, body: BodyInit | null, { type, etag, cacheControl }: About): Response {
  const headers = { ...PROTECTION, etag, "cache-control": cacheControl };
  const known = c.req.header("if-none-match");
  if (known !== undefined && listsTag(known, etag)) {
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
    return new Response(null, { status: 304, headers });
  }
  return new Response(body, { headers: { ...headers, "content-type": TYPES[type] ?? "" } });
}

async function fileOf(c: AppContext, name: string): Promise<Response> {
  const file = await c.env.REFERENCE?.fetch(new URL(name, "http://reference/"));
  if (!file?.ok) throw nothingThere();
  return file;
}

const nothingThere = () => new ServiceError("notFound", "The resource could not be found.");
