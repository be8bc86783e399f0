import type { Context } from "hono";
import type { Session } from "../auth/session.ts";
import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { Log } from "./log.ts";

/** What middleware leaves for the routes: `caller` under /v2, `session` on the identity routes that need a token. */
export interface AppTypes {
  Bindings: Env;
  Variables: { config: Config; requestId: string; log: Log; caller: Caller; session: Session };
}

export type AppContext = Context<AppTypes>;
