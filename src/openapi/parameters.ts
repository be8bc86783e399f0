import { IMAGE_ID } from "../domain/image.ts";
import { REQUEST_ID_CHARS } from "../limits.ts";
import {
  IMAGE_ID_EXAMPLE,
  OTHER_PROJECT_ID_EXAMPLE,
  REQUEST_ID_EXAMPLE,
  TASK_ID_EXAMPLE,
} from "./examples.ts";

const inPath = (name: string, description: string, example: string, schema: object = {}) => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string", ...schema },
  example,
});

/** Parameters that several operations have. */
export const parameterComponents = {
  image_id: inPath("image_id", "Id of the image, a UUID", IMAGE_ID_EXAMPLE),
  member_id: inPath("member_id", "Id of a project that the image is shared with", OTHER_PROJECT_ID_EXAMPLE),
  task_id: inPath("task_id", "Id of the task, a UUID", TASK_ID_EXAMPLE),
  store_id: inPath("store_id", "Id of the store", "r2"),
  tag: inPath("tag", "The tag: 1 to 255 characters, none of them a slash", "lts", {
    minLength: 1,
    maxLength: 255,
    pattern: "^[\\u0001-\\u002e\\u0030-\\ud7ff\\ue000-\\uffff]*$",
  }),
  user_id: inPath("user_id", "Id of the user", "5b1d6a7c8e9f40312233445566778899"),
  project_id: inPath("project_id", "Id of the project", "a1f0c2d3e4b5968778695a4b3c2d1e0f"),
  role_id: inPath("role_id", "Id of the role", "9fe2ff9ee4384b1894a90878d3e92bab"),
  application_credential_id: inPath(
    "application_credential_id",
    "Id of the application credential",
    "e5c1b7d09f2a4c6b8d3e1f0a9b8c7d6e",
  ),
  lease: inPath("lease", "The lease that the upload was granted", "0c8f6f1e-1b8e-4b8e-9d7e-0a2f6f1e1b8e"),
  request_id: {
    name: "X-Openstack-Request-Id",
    in: "header",
    description: `Id that the service logs this request under, with \`req-\` before it; without one it makes one. At most ${REQUEST_ID_CHARS} characters`,
    schema: { type: "string", maxLength: REQUEST_ID_CHARS },
    example: REQUEST_ID_EXAMPLE,
  },
  limit: {
    name: "limit",
    in: "query",
    description:
      "How many there are on a page at most. 25 unless the operator says otherwise; what is more than the operator allows, 1000 by default, is cut down to that. 0 is an empty page; what is negative or no number is refused",
    schema: { type: "integer", minimum: 0, default: 25 },
    example: 25,
  },
  marker: {
    name: "marker",
    in: "query",
    description:
      "Id of the last one seen: the page starts after it. Take `next` of the page before rather. An empty one, and one that there is not, is refused",
    schema: { type: "string", pattern: IMAGE_ID },
    example: IMAGE_ID_EXAMPLE,
  },
};
