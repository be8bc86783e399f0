import { DurableObject } from "cloudflare:workers";
import { identityWritten } from "../auth/session.ts";
import { catalogueWritten } from "../db/catalogue-copies.ts";
import type { Env } from "../env.ts";
import { Queries, type Query, type QueryResult } from "./queries.ts";

/** The object's name, which is that of Miniflare's D1, so that it finds D1's file. */
export const HOME = "glimpse";

/**
 * The catalogue at home. Its tables are D1's, in D1's file (launcher/catalogue-file.ts). Only the way there is shorter
 * than through Miniflare's D1, which writes to the disk even to read (docs/decisions/0031-the-catalogue-at-home.md). As
 * in every object, no answer is sent before what was written for it is safe on the disk.
 */
export class Home extends DurableObject<Env> {
  readonly #queries = new Queries(this.ctx.storage);

  query(queries: readonly Query[]): QueryResult[] {
    // What failed counts as written, even if it was rolled back.
    let written = queries;
    try {
      const results = this.#queries.run(queries);
      written = queries.filter((_, n) => results[n]?.rowsWritten !== 0);
      return results;
    } finally {
      catalogueWritten(written);
      identityWritten(written);
    }
  }
}
