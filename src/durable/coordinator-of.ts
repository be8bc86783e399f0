import { ServiceError } from "../domain/errors.ts";
import type { Env } from "../env.ts";
import type { ImageCoordinator } from "./image-coordinator.ts";

/** The one object that owns an image's status. */
export const coordinatorOf = (env: Env, imageId: string): DurableObjectStub<ImageCoordinator> =>
  env.IMAGE_COORDINATOR.getByName(imageId);

/**
 * Calls an image's object. Refusals are part of its answer; a rejection is an outage, after which the caller may try
 * again.
 */
export async function ask<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    throw new ServiceError("unavailable", "The service cannot tell the state of the image right now.", {
      cause,
    });
  }
}
