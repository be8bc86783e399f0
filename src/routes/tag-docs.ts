import { NO_IMAGE, type Operation, parameter, refusals } from "../openapi/describe.ts";

/** Descriptions of the routes of tags (tags.ts). */

const tags = ["tags"] as const;
const parameters = [parameter("image_id"), parameter("tag")];

export const createTag: Operation = {
  operationId: "create_tag",
  summary: "Put a tag on an image",
  description: "Done as well where the image has the tag already.",
  tags,
  parameters,
  responses: {
    204: { description: "The image has the tag" },
    ...refusals({
      400: "The tag is too long or has a character that none may have, or the request has a body.",
      403: "The caller may not change the image.",
      404: NO_IMAGE,
      409: "Others change the image all the time.",
      413: "The image has as many tags as it may have.",
    }),
  },
};

export const deleteTag: Operation = {
  operationId: "delete_tag",
  summary: "Take a tag off an image",
  description:
    "The one that is exactly this, in its case and with its blanks. A patch of `/tags` sets all of them.",
  tags,
  parameters,
  responses: {
    204: { description: "The image has the tag no more" },
    ...refusals({
      400: "The request has a body.",
      403: "The caller may not change the image.",
      404: `${NO_IMAGE.slice(0, -1)}; or it has no such tag.`,
      409: "Others change the image all the time.",
    }),
  },
};
