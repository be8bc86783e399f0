import { ServiceError } from "../domain/errors.ts";

/**
 * Refuses a body where the API has none, before anything is looked up (spec/image-api-v2.md section 2.4). An empty one
 * counts as none. The body stays unread, for app.ts to read and discard.
 */
export async function requireNoBody(request: Request): Promise<void> {
  let found = false;
  try {
    for await (const chunk of request.body?.values({ preventCancel: true }) ?? []) {
      found = chunk.byteLength > 0;
      if (found) break;
    }
  } catch (cause) {
    throw new ServiceError("invalid", "The request body ended before its time.", { cause });
  }
  if (found) throw new ServiceError("invalid", "A body is not expected with this request.");
}
