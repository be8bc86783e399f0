import type { operations } from "../../../client/generated/api.ts";
import type { Call } from "./call.ts";

/** Of what needs no rights: versions, schemas, and what the service says of itself. */
export const DISCOVERY = {
  discover_versions: ({ api }) => api.GET("/"),
  list_versions: ({ api }) => api.GET("/versions"),
  redirect_to_v2: ({ api }) => api.GET("/v2"),
  show_cloud_profile: ({ api }) => api.GET("/.well-known/openstack/api"),
  show_openapi_json: ({ api }) => api.GET("/openapi.json"),
  check_health: ({ api }) => api.GET("/healthcheck"),
  show_image_schema: ({ api }) => api.GET("/v2/schemas/image"),
  show_images_schema: ({ api }) => api.GET("/v2/schemas/images"),
  show_member_schema: ({ api }) => api.GET("/v2/schemas/member"),
  show_members_schema: ({ api }) => api.GET("/v2/schemas/members"),
  show_task_schema: ({ api }) => api.GET("/v2/schemas/task"),
  show_tasks_schema: ({ api }) => api.GET("/v2/schemas/tasks"),
  show_import_methods: ({ api }) => api.GET("/v2/info/import"),
  list_stores: ({ api }) => api.GET("/v2/info/stores"),
  list_stores_detail: ({ api }) => api.GET("/v2/info/stores/detail"),
  check_store: ({ api }) =>
    api.POST("/v2/info/stores/{store_id}/check", { params: { path: { store_id: "file" } } }),
  show_usage: ({ api }) => api.GET("/v2/info/usage"),
} satisfies { readonly [Id in keyof operations]?: Call };
