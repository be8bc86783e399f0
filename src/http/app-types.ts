import type { Context } from "hono";
import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { Log } from "./log.ts";

/** What middleware leaves for the routes. `caller` is set under /v2 and on the identity routes that need a token. */
export interface AppTypes {
  Bindings: Env;
  Variables: { config: Config; requestId: string; log: Log; caller: Caller };
}

export type AppContext = Context<AppTypes>;
