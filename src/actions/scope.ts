import type { Caller } from "../domain/caller.ts";
import type { Config, Env } from "../env.ts";
import type { AppContext } from "../http/app-types.ts";
import type { Log } from "../http/log.ts";

/** Everything that an action may use: bindings, settings, the caller and the log. */
export interface Scope {
  readonly env: Env;
  readonly config: Config;
  readonly caller: Caller;
  readonly log: Log;
  /** The id under which every program logs its work for this request. */
  readonly requestId: string;
}

export const scopeOf = (c: AppContext): Scope => ({
  env: c.env,
  config: c.var.config,
  caller: c.var.caller,
  log: c.var.log,
  requestId: c.var.requestId,
});
