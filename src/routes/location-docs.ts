import { body, json, NO_IMAGE, type Operation, parameter, refusals } from "../openapi/describe.ts";
import { LOCATION } from "../openapi/examples.ts";

/** Descriptions of the routes of locations and of copies in stores (locations.ts, stores.ts). */

export const addImageLocation: Operation = {
  operationId: "add_image_location",
  summary: "Make an image of data that is somewhere already",
  description:
    "Begins a task, and does not wait for it: the image becomes active, and unless hashes are given the service reads the data to find them. The image must be `queued`.",
  tags: ["locations"],
  parameters: [parameter("image_id")],
  ...body("Where the data is", "LocationCreate", { url: LOCATION.url }),
  responses: {
    202: { description: "A task does it; the tasks of the image tell how far it is" },
    ...refusals({
      400: "The body is not what it must be.",
      403: "The caller may not add locations, or not of this kind, or no store reads them.",
      404: NO_IMAGE,
      409: "The image is not `queued`.",
      410: "The image was deleted meanwhile.",
      413: "The body is larger than 2 MiB, or the project has as many uploads under way as it may have.",
    }),
  },
};

export const listImageLocations: Operation = {
  operationId: "list_image_locations",
  summary: "List the locations of an image",
  description: "Where its data is, for services and administrators.",
  tags: ["locations"],
  parameters: [parameter("image_id")],
  responses: {
    200: json("URLs and metadata, the first to be read first", "LocationList", [LOCATION]),
    ...refusals({ 403: "The caller may not see locations.", 404: NO_IMAGE }),
  },
};

export const deleteStoreCopy: Operation = {
  operationId: "delete_store_copy",
  summary: "Remove the copy of an image that one store holds",
  description:
    "The answer does not wait for the data to be removed. The last copy stays: delete the image instead.",
  tags: ["locations"],
  parameters: [parameter("store_id"), parameter("image_id")],
  responses: {
    204: { description: "It is removed" },
    ...refusals({
      400: "The request has a body.",
      403: "It is the only copy, or the caller may not remove copies.",
      404: `${NO_IMAGE.slice(0, -1)}; or this store has no copy of it.`,
      409: "There is no such store, the image is not active, the store has the copy in use, or others change the image all the time.",
      410: "The image was deleted meanwhile.",
    }),
  },
};
