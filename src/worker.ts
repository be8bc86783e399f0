import { sweep } from "./actions/sweep.ts";
import { app } from "./app.ts";
import type { Env } from "./env.ts";

export { ImageCoordinator } from "./durable/image-coordinator.ts";

export default {
  fetch: app.fetch,
  /** Runs every five minutes on Cloudflare, and when the launcher starts: finishes what a lost alarm left undone. */
  scheduled: (_event, env) => sweep(env),
} satisfies ExportedHandler<Env>;
