import type { Context } from "hono";
import type { RelayRequest } from "../auth/relay-request.ts";
import type { Session } from "../auth/session.ts";
import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { Log } from "./log.ts";

/**
 * What middleware leaves for the routes: `caller` under /v2, `session` on the identity routes that need a token, `site`
 * where the client came by a relay's front door; on the relay's own routes who asks, and whether what is answered from
 * now on is its client's to hear.
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
