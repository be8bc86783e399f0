import { ClientError } from "@glimpse/client/errors.ts";
import { listImages } from "@glimpse/client/images.ts";
import type { Session } from "@glimpse/client/session.ts";
import { CommandError } from "./errors.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Does something with the image that the user named: by id, as the stock client does, and otherwise by a name that only
 * one image has. What looks like an id is never taken for a name.
 */
export async function withImage<T>(
  session: Session,
  idOrName: string,
  use: (id: string) => Promise<T>,
): Promise<T> {
  try {
    return await use(idOrName);
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 404 || UUID.test(idOrName)) throw error;
    const id = await idOfName(session, idOrName);
    if (id === undefined) throw error;
    return use(id);
  }
}

async function idOfName(session: Session, name: string): Promise<string | undefined> {
  const found: string[] = [];
  for await (const image of listImages(session, { limit: 2, filters: { name: `eq:${name}` } }))
    found.push(image.id);
  if (found.length > 1)
    throw new CommandError(
      `More than one image is named "${name}".`,
      "Give an id; `glimpse image-list` shows them.",
    );
  return found[0];
}
