import { env } from "cloudflare:test";
import { expect, test } from "vitest";
import { parseListQuery } from "../domain/list-query.ts";
import { imageListSql } from "./image-list.ts";

test.each(["limit=5&marker=x", "sort=name:asc&marker=x","sort=name:desc&marker=x","name=foo", "tag=a&tag=b&os_distro=x", "id=abc", "name=in:a,b"])("plan %s", async (q) => {
  for (const isAdmin of [false, true]) {
  const { sql, values } = imageListSql(parseListQuery(new URLSearchParams(q), { listLimitDefault: 25, listLimitMax: 1000 }), { projectId: "p", isAdmin });
  const { results } = await env.DB.prepare("EXPLAIN QUERY PLAN " + sql).bind(...values).all();
  const depth = new Map<number, number>([[0,0]]);
  console.log(q, isAdmin, "\n" + results.map((r: any) => { const d = (depth.get(r.parent) ?? 0) + 1; depth.set(r.id, d); return " ".repeat(d*2) + r.detail; }).join("\n"));
  }
});
