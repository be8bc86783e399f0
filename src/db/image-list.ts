import type { ListQuery } from "../domain/list-query.ts";
import { type Page, readPage } from "./catalogue-copies.ts";
import { findImageStatement, RECORD_COLUMNS, type RecordRow, recordOf } from "./images.ts";
import { filtersOf } from "./list-filters.ts";
import { type Bind, markerOf, orderOf, sortedBy } from "./list-order.ts";
import { pageSql } from "./list-selective.ts";
import { FEW, type ListParts, tablesSql } from "./list-walks.ts";
import { type Audience, waysToBeListed } from "./list-ways.ts";

interface Statement {
  readonly sql: string;
  readonly values: (string | number | null)[];
}

/** Of a statement in groups: SQLite copies its tables for each place that reads them, and takes ever longer to compile it. */
const MOST_CHARACTERS = 30_000;

/**
 * One statement for a whole page. Each way by which an image may be listed (list-ways.ts) walks its index in the
 * requested order, the walks are merged until the page is full, and only the page's images are read.
 * `list-selective.ts` has faster plans for filters.
 */
export function imageListSql(query: ListQuery, audience: Audience, few = FEW): Statement {
  const inGroups = statementOf(query, audience, { few, inGroups: true });
  if (inGroups.sql.length <= MOST_CHARACTERS) return inGroups;
  return statementOf(query, audience, { few, inGroups: false });
}

function statementOf(
  query: ListQuery,
  audience: Audience,
  { few, inGroups }: Pick<ListParts, "few" | "inGroups">,
): Statement {
  const values: Statement["values"] = [audience.projectId];
  const bind: Bind = (value) => `?${values.push(value)}`;
  const order = orderOf(query);
  const parts: ListParts = {
    order,
    ways: waysToBeListed(query, audience, bind),
    filters: filtersOf(query, order, bind),
    marker: markerOf(order, query.marker, bind),
    // SQLite compiles a statement anew each time that the plain parameter of a LIMIT is bound.
    limit: `${bind(query.matchesNothing ? 0 : query.limit)} + 0`,
    few,
    inGroups,
    tables: new Map(),
    osHidden: query.osHidden,
  };
  const page = pageSql(query, parts, bind);
  return {
    sql: `WITH ${[...tablesSql(parts), `page AS (${page})`].join(", ")}
      SELECT ${RECORD_COLUMNS} FROM page CROSS JOIN images i ON i.rowid = page.row_ ORDER BY ${sortedBy(order)}`,
    values,
  };
}

/** A page of the list, with the marker's own record if the query names one that exists. */
export async function listImages(db: D1Database, query: ListQuery, audience: Audience): Promise<Page> {
  return readPage(db, { query, audience }, async () => {
    const { sql, values } = imageListSql(query, audience);
    const list = db.prepare(sql).bind(...values);
    if (query.marker === undefined) {
      const { results } = await list.all<RecordRow>();
      return { page: results.map(recordOf), marker: undefined };
    }
    const [marker, page] = await db.batch<RecordRow>([
      findImageStatement(db, query.marker, audience.projectId),
      list,
    ]);
    const row = marker?.results[0];
    return { page: (page?.results ?? []).map(recordOf), marker: row && recordOf(row) };
  });
}
