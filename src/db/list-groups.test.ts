import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { parseListQuery } from "../domain/list-query.ts";
import { imageListSql } from "./image-list.ts";

const IMAGES = 5_000;
const LIMITS = { listLimitDefault: 25, listLimitMax: 1000 };
/** Of the images of one status, format or name there are more. */
const FEW = 50;

/** One in twenty has no name; nearly all are active, and all are raw. */
const FILL = `INSERT INTO images (id, name, status, visibility, protected, os_hidden, owner, disk_format,
    container_format, min_disk, min_ram, size, created_at, updated_at)
  WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${IMAGES})
  SELECT printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i),
    CASE WHEN i % 20 = 0 THEN NULL ELSE 'name ' || i END,
    CASE WHEN i % 200 = 1 THEN 'queued' ELSE 'active' END,
    CASE WHEN i % 2 = 0 THEN 'public' ELSE 'private' END, 0, 0, 'p1', 'raw', 'bare', 0, 0, i * 7919 % 1000,
    1000000 * (i / 2), 1000000 * (i / 3)
  FROM n`;

beforeAll(() => env.DB.prepare(FILL).run());

const READS = { admin: { projectId: "p1", isAdmin: true }, member: { projectId: "p1", isAdmin: false } };

/** In SQL's own order; what is null there is lowest too. */
const inOrder = (sort: string): string =>
  [...sort.split(","), "created_at:desc", "id:desc"].map((term) => term.replace(":", " ")).join(", ");

test.each([
  "status:asc,name:asc",
  "status:desc,size:desc",
  "name:asc,size:desc",
  "name:desc,created_at:asc",
  "disk_format:asc,status:desc",
  "container_format:asc,updated_at:asc",
])(
  "a page by %s reads hardly more than it has, however many images are equal in the first key",
  async (sort) => {
    const { results: all } = await env.DB.prepare(`SELECT id FROM images ORDER BY ${inOrder(sort)}`).all<{
      id: string;
    }>();
    const ids = all.map(({ id }) => id);
    for (const at of [0, 1, 2_600, 4_940, IMAGES - 10])
      for (const audience of Object.values(READS)) {
        const marker = at === 0 ? "" : `&marker=${ids[at - 1]}`;
        const query = parseListQuery(new URLSearchParams(`sort=${sort}${marker}`), LIMITS);
        const { sql, values } = imageListSql(query, audience, FEW);
        const { results, meta } = await env.DB.prepare(sql)
          .bind(...values)
          .all<{ id: string }>();
        expect(results.map(({ id }) => id)).toEqual(ids.slice(at, at + 25));
        expect(meta.rows_read, `from ${at}`).toBeLessThan(IMAGES / 2);
      }
  },
);
