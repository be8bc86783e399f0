import { env, runInDurableObject } from "cloudflare:test";
import { coordinatorOf } from "../../src/durable/coordinator-of.ts";
import { Home } from "../../src/home/home.ts";
import { HomeDatabase } from "../../src/home/home-database.ts";

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
