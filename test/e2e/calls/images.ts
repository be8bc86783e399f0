import type { operations } from "../../../client/generated/api.ts";
import { putTag } from "../../../client/image-actions.ts";
import { createImage, ofImage, updateImage, uploadImage } from "../../../client/images.ts";
import { createMember } from "../../../client/members.ts";
import type { Session } from "../../../client/session.ts";
import { listTasks } from "../../../client/tasks.ts";
import { sourceOf } from "../support/asked.ts";
import type { Call } from "./call.ts";

const FIELDS = { name: "of a call", disk_format: "raw", container_format: "bare" } as const;
const BYTES = sourceOf(Buffer.from("bytes"));

const queued = async (session: Session): Promise<string> => (await createImage(session, FIELDS)).id;

const ofMember = (image: string, member: string) => ({ path: { image_id: image, member_id: member } });
const ofTag = (image: string, tag: string) => ({ path: { image_id: image, tag } });

async function shared(session: Session, projectId: string): Promise<string> {
  const id = await queued(session);
  await createMember(session, id, projectId);
  return id;
}

/** Of images, and of what belongs to them. */
export const IMAGES = {
  list_images: ({ api }) =>
    api.GET("/v2/images", {
      params: { query: { limit: 2, sort: "name:asc", status: "active", properties: { color: "red" } } },
    }),
  create_image: ({ api }) => api.POST("/v2/images", { body: FIELDS }),
  show_image: ({ api }, { imageId }) => api.GET("/v2/images/{image_id}", { params: ofImage(imageId) }),
  patch_image: ({ api }, { imageId }) =>
    api.PATCH("/v2/images/{image_id}", {
      params: ofImage(imageId),
      headers: { "content-type": "application/openstack-images-v2.0-json-patch" },
      body: [{ replace: "/name", value: "patched" }],
    }),
  delete_image: async (session) =>
    session.api.DELETE("/v2/images/{image_id}", { params: ofImage(await queued(session)) }),
  upload_image_data: async (session) =>
    session.api.PUT("/v2/images/{image_id}/file", {
      params: {
        ...ofImage(await queued(session)),
        header: { "X-Openstack-Image-Size": 5, "X-Image-Meta-Store": "file" },
      },
      body: BYTES,
    }),
  download_image_data: ({ api }, { imageId }) =>
    api.GET("/v2/images/{image_id}/file", {
      params: { ...ofImage(imageId), header: { Range: "bytes=1-2" } },
      parseAs: "stream",
    }),
  deactivate_image: ({ api }, { imageId }) =>
    api.POST("/v2/images/{image_id}/actions/deactivate", { params: ofImage(imageId) }),
  reactivate_image: ({ api }, { imageId }) =>
    api.POST("/v2/images/{image_id}/actions/reactivate", { params: ofImage(imageId) }),
  create_tag: ({ api }, { imageId }) =>
    api.PUT("/v2/images/{image_id}/tags/{tag}", { params: ofTag(imageId, "lts") }),
  delete_tag: async (session, { imageId }) => {
    await putTag(session, imageId, "old");
    return session.api.DELETE("/v2/images/{image_id}/tags/{tag}", { params: ofTag(imageId, "old") });
  },
  create_member: async (session, { projectId }) =>
    session.api.POST("/v2/images/{image_id}/members", {
      params: ofImage(await queued(session)),
      body: { member: projectId },
    }),
  list_members: async (session, { projectId }) =>
    session.api.GET("/v2/images/{image_id}/members", { params: ofImage(await shared(session, projectId)) }),
  show_member: async (session, { projectId }) =>
    session.api.GET("/v2/images/{image_id}/members/{member_id}", {
      params: ofMember(await shared(session, projectId), projectId),
    }),
  update_member: async (session, { projectId }) =>
    session.api.PUT("/v2/images/{image_id}/members/{member_id}", {
      params: ofMember(await shared(session, projectId), projectId),
      body: { status: "accepted" },
    }),
  delete_member: async (session, { projectId }) =>
    session.api.DELETE("/v2/images/{image_id}/members/{member_id}", {
      params: ofMember(await shared(session, projectId), projectId),
    }),
  add_image_location: async (session, { dataUrl }) =>
    session.api.POST("/v2/images/{image_id}/locations", {
      params: ofImage(await queued(session)),
      body: { url: dataUrl },
    }),
  list_image_locations: ({ api }, { importedId }) =>
    api.GET("/v2/images/{image_id}/locations", { params: ofImage(importedId) }),
  delete_store_copy: async (session, { dataUrl }) => {
    const id = await queued(session);
    await uploadImage(session, id, BYTES);
    const value = { url: dataUrl, metadata: {} };
    await updateImage(session, id, [{ op: "add", path: "/locations/-", value }]);
    const params = { path: { store_id: "file", image_id: id } };
    return session.api.DELETE("/v2/stores/{store_id}/{image_id}", { params });
  },
  list_image_tasks: ({ api }, { importedId }) =>
    api.GET("/v2/images/{image_id}/tasks", { params: ofImage(importedId) }),
  list_tasks: ({ api }) =>
    api.GET("/v2/tasks", { params: { query: { limit: 1, sort_key: "created_at", sort_dir: "desc" } } }),
  show_task: async (session) => {
    const tasks = listTasks(session, { pageSize: 1, sortKey: "created_at", sortDir: "desc" });
    const { value: task } = await tasks.next();
    return session.api.GET("/v2/tasks/{task_id}", { params: { path: { task_id: task?.id ?? "" } } });
  },
} satisfies { readonly [Id in keyof operations]?: Call };
