import { ServiceError } from "../domain/errors.ts";
import { JSON_BODY_BYTES } from "../limits.ts";

/**
 * The body as JSON, whatever its media type (spec/image-api-v2.md section 2.4). Rejects `invalid` for a body that is
 * absent, not UTF-8, not JSON, or contains a string that cannot be stored (NUL, half a surrogate pair); `tooLarge` past
 * `JSON_BODY_BYTES`. The caller checks the shape.
 */
export async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBounded(request);
  if (bytes.byteLength === 0) throw new ServiceError("invalid", "The request has no body; JSON is expected.");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return JSON.parse(text, text.includes("\\u") ? refuseUnstorable : undefined);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError("invalid", "The request body is not valid JSON.");
  }
}

/** In JSON these characters can only be escapes, so a text without escapes need not be searched. */
function refuseUnstorable(key: string, value: unknown): unknown {
  const unstorable = (text: string) => text.includes("\0") || !text.isWellFormed();
  if (unstorable(key) || (typeof value === "string" && unstorable(value)))
    throw new ServiceError("invalid", "The request body has a NUL or an unpaired surrogate in a string.");
  return value;
}

/** The whole body. Rejects `tooLarge` past `JSON_BODY_BYTES`, `invalid` if it breaks off. */
export async function readBounded(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // The rest of a body that is too large stays unread, for app.ts to read and discard.
    for await (const chunk of request.body?.values({ preventCancel: true }) ?? []) {
      size += chunk.byteLength;
      if (size > JSON_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ServiceError("invalid", "The request body ended before its time.", { cause });
  }
  if (size > JSON_BODY_BYTES)
    throw new ServiceError("tooLarge", `The request body is larger than ${JSON_BODY_BYTES} bytes.`);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
