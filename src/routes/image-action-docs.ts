import { NO_IMAGE, type Operation, parameter, refusals } from "../openapi/describe.ts";

/** Descriptions of the routes of actions (image-actions.ts). */
const describes = (operationId: string, summary: string, description: string, done: string): Operation => ({
  operationId,
  summary,
  description,
  tags: ["actions"],
  parameters: [parameter("image_id")],
  responses: {
    204: { description: done },
    ...refusals({
      400: "The request has a body.",
      403: "The caller may not do this, or the image is neither active nor deactivated.",
      404: NO_IMAGE,
      409: "Others change the image all the time.",
    }),
  },
});

export const imageActionDocs = {
  deactivate: describes(
    "deactivate_image",
    "Deactivate an image",
    "From now on administrators alone download its data. Done as well where it is deactivated already.",
    "The image is deactivated",
  ),
  reactivate: describes(
    "reactivate_image",
    "Reactivate an image",
    "Whoever sees the image may download its data again. Done as well where it is active.",
    "The image is active",
  ),
} as const;
