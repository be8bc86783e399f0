import { ServiceError } from "../domain/errors.ts";

/**
 * Throws `invalid` for a URL whose escapes are not UTF-8 (spec/image-api-v2.md section 2.5); a lone "%" stands for
 * itself.
 */
export function refuseUndecodable(url: string): void {
  try {
    for (const [escapes] of url.matchAll(/(?:%[0-9a-f]{2})+/gi)) decodeURIComponent(escapes);
  } catch {
    throw new ServiceError("invalid", "The URL has escapes that are not UTF-8.");
  }
}
