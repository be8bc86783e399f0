import { ImageCoordinator } from "../durable/image-coordinator.ts";
import type { Env } from "../env.ts";
import worker from "../worker.ts";
import { atHome, type HomeEnv } from "./at-home.ts";

export { Home } from "./home.ts";

/** The object of an image, using the database at home. */
class CoordinatorAtHome extends ImageCoordinator {
  constructor(ctx: DurableObjectState, env: HomeEnv | Env) {
    super(ctx, atHome(env as HomeEnv));
  }
}

export { CoordinatorAtHome as ImageCoordinator };

/** The worker as the launcher runs it. */
export default {
  fetch: (request, env, ctx) => worker.fetch(request, atHome(env), ctx),
  scheduled: (event, env) => worker.scheduled(event, atHome(env)),
} satisfies ExportedHandler<HomeEnv>;
