import type { Env } from "../env.ts";
import type { ImageCoordinator } from "./image-coordinator.ts";

/** The one object that owns an image's status. */
export const coordinatorOf = (env: Env, imageId: string): DurableObjectStub<ImageCoordinator> =>
  env.IMAGE_COORDINATOR.getByName(imageId);
