/** Modules of undici for which it has no types. */
declare module "undici/lib/dispatcher/pool.js" {
  import { Pool } from "undici";

  /** Without the methods that its index alone gives it. */
  const PlainPool: new (
    ...options: ConstructorParameters<typeof Pool>
  ) => Omit<Pool, "connect" | "pipeline" | "request" | "stream" | "upgrade">;
  export = PlainPool;
}

declare module "undici/lib/api/api-request.js" {
  import type { Dispatcher } from "undici";

  const request: Dispatcher["request"];
  export = request;
}
