import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { AppContext } from "../http/app-types.ts";
import type { Log } from "../http/log.ts";

/** All that an action may reach: the bindings, the settings, who asks and where to log. */
export interface Scope {
  readonly env: Env;
  readonly config: Config;
  readonly caller: Caller;
  readonly log: Log;
  /** Under which every program logs what it does for this request. */
  readonly requestId: string;
}

export const scopeOf = (c: AppContext): Scope => ({
  env: c.env,
  config: c.var.config,
  caller: c.var.caller,
  log: c.var.log,
  requestId: c.var.requestId,
});
