import type { Session } from "./session.ts";

/** Withdraws an image's data from all but administrators, or gives it back. */
export async function setImageActive(
  session: Session,
  imageId: string,
  action: "deactivate" | "reactivate",
): Promise<void> {
  await session.api.POST(`/v2/images/{image_id}/actions/${action}`, {
    params: { path: { image_id: imageId } },
  });
}

export async function putTag(session: Session, imageId: string, tag: string): Promise<void> {
  await session.api.PUT("/v2/images/{image_id}/tags/{tag}", { params: { path: { image_id: imageId, tag } } });
}

export async function deleteTag(session: Session, imageId: string, tag: string): Promise<void> {
  await session.api.DELETE("/v2/images/{image_id}/tags/{tag}", {
    params: { path: { image_id: imageId, tag } },
  });
}
