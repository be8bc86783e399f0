import { ServiceError } from "../domain/errors.ts";
import { JSON_DRAIN_BYTES } from "../limits.ts";

/**
 * Refuses a body where the API has none, before anything is looked up (spec/image-api-v2.md section 2.4). An empty one
 * counts as none. What was sent is read within a bound and dropped, so that the client gets to the answer.
 */
export async function requireNoBody(request: Request): Promise<void> {
  if (!request.body) return;
  let bytes = 0;
  try {
    for await (const chunk of request.body) {
      bytes += chunk.byteLength;
      if (bytes > JSON_DRAIN_BYTES) break;
    }
  } catch (cause) {
    throw new ServiceError("invalid", "The request body ended before its time.", { cause });
  }
  if (bytes > 0) throw new ServiceError("invalid", "A body is not expected with this request.");
}
