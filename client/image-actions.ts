import { ClientError } from "./errors.ts";
import { imagePath } from "./images.ts";
import { jsonRequest, type Session } from "./session.ts";
import { textOf } from "./transport.ts";

/** Withdraws an image's data from all but administrators, or gives it back. */
export async function setImageActive(
  session: Session,
  imageId: string,
  action: "deactivate" | "reactivate",
): Promise<void> {
  await textOf(await session.image(jsonRequest("POST", `${imagePath(imageId)}/actions/${action}`)));
}

function tagPath(imageId: string, tag: string): string {
  if (!tag) throw new ClientError("A tag is empty.");
  return `${imagePath(imageId)}/tags/${encodeURIComponent(tag)}`;
}

export async function putTag(session: Session, imageId: string, tag: string): Promise<void> {
  await textOf(await session.image(jsonRequest("PUT", tagPath(imageId, tag))));
}

export async function deleteTag(session: Session, imageId: string, tag: string): Promise<void> {
  await textOf(await session.image(jsonRequest("DELETE", tagPath(imageId, tag))));
}
