import type { Context } from "hono";
import type { RelayRequest } from "../auth/relay-request.ts";
import type { Session } from "../auth/session.ts";
import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { Log } from "./log.ts";

/**
 * What middleware provides to the routes: `caller` under /v2, `session` on the identity routes that need a token,
 * `site` if the client came through a relay's front door. On the routes for relays: which relay asks, and whether the
 * answer is meant for its client.
 */
export interface AppTypes {
  Bindings: Env;
  Variables: {
    config: Config;
    requestId: string;
    log: Log;
    caller: Caller;
    session: Session;
    site: string | undefined;
    asking: RelayRequest;
    forClient: boolean;
  };
}

export type AppContext = Context<AppTypes>;
