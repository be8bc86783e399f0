import { env, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { coordinatorOf } from "../../src/durable/coordinator-of.ts";
import { Home } from "../../src/home/home.ts";
import { HomeDatabase } from "../../src/home/home-database.ts";
import type { Query } from "../../src/home/queries.ts";

export interface HomeCatalogue {
  readonly db: D1Database;
  /** Asks as one that is cut off: its statements run, and it hears of nothing. */
  readonly unheard: D1Database;
  readonly sql: SqlStorage;
}

/** The catalogue as it is at home, without a row, in an object of its own. */
export const inHomeCatalogue = (work: (catalogue: HomeCatalogue) => Promise<void>): Promise<void> =>
  runInDurableObject(coordinatorOf(env, crypto.randomUUID()), async (_, state) => {
    const { sql } = state.storage;
    for (const { queries } of env.TEST_MIGRATIONS) for (const query of queries) sql.exec(query);
    const home = new Home(state as unknown as ConstructorParameters<typeof Home>[0], env);
    const heard = new HomeDatabase(async (queries) => home.query(queries));
    const unheard = new HomeDatabase((queries) => {
      home.query(queries);
      return Promise.withResolvers<never>().promise;
    });
    await work({ db: heard as unknown as D1Database, unheard: unheard as unknown as D1Database, sql });
  });

const EXPLAINED = "explained, and not answered";

/** The tables that what is asked first of this database would read. It answers nothing, and so whoever asks fails. */
export async function tablesRead(
  sql: SqlStorage,
  ask: (explaining: D1Database) => Promise<unknown>,
): Promise<string[]> {
  const read = new Set<string>();
  const explain = (query: Query) => {
    for (const { opcode, p2: page } of sql.exec(`EXPLAIN ${query.sql}`, ...query.values).toArray())
      if (opcode === "OpenRead")
        read.add(
          sql
            .exec<{ tbl_name: string }>("SELECT tbl_name FROM sqlite_master WHERE rootpage = ?", page ?? null)
            .one().tbl_name,
        );
  };
  const explaining = new HomeDatabase(async (queries) => {
    queries.forEach(explain);
    throw new Error(EXPLAINED);
  });
  await expect(ask(explaining as unknown as D1Database)).rejects.toThrow(EXPLAINED);
  return [...read].sort();
}
