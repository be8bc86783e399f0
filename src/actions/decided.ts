import { ServiceError } from "../domain/errors.ts";

/** Times a change is decided anew because the image was given away, hidden or unshared since it was read. */
const DECISIONS = 20;

/** Reads, decides and writes until the write finds the image as it was read: until `attempt` has an answer. */
export async function decided<T>(imageId: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let decision = 0; decision < DECISIONS; decision++) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
  }
  throw new ServiceError("conflict", `Image ${imageId} is being changed by others; try again.`);
}
