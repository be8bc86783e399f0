import { Hono } from "hono";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { listsTag, tagOf } from "../http/entity-tag.ts";
import { allow } from "../http/methods.ts";

/** The OpenAPI document as it is checked in, for anybody; it says nothing about this deployment. */
export const openapi = new Hono<AppTypes>();

interface Document {
  readonly text: string;
  readonly type: string;
  readonly etag: string;
}

/** Loaded when first requested: it is large, and most isolates never need it. */
const documents: Readonly<Record<string, () => Promise<Document>>> = {
  "/openapi.json": once(
    "application/json",
    () => import("../../openapi/openapi.json", { with: { type: "text" } }),
  ),
  "/openapi.yaml": once(
    "application/yaml",
    () => import("../../openapi/openapi.yaml", { with: { type: "text" } }),
  ),
};

for (const [path, document] of Object.entries(documents)) {
  openapi.use(path, allow("GET", "HEAD"));
  openapi.get(path, async (c) => answer(c, await document()));
}

function answer(c: AppContext, { text, type, etag }: Document): Response {
  const headers = { etag, "cache-control": CACHED };
  const known = c.req.header("if-none-match");
  if (known !== undefined && listsTag(known, etag)) return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, "content-type": type });
}

/** It changes only with a release; five minutes later everybody has the new one. */
const CACHED = "public, max-age=300";

function once(type: string, read: () => Promise<{ default: string }>): () => Promise<Document> {
  let document: Promise<Document> | undefined;
  return () => {
    document ??= read().then(async ({ default: text }) => ({
      text,
      type,
      etag: await tagOf(await new Response(text).arrayBuffer()),
    }));
    return document;
  };
}
