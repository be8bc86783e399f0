import { z } from "zod";
import { locationUrl } from "../../domain/patched-location.ts";
import { claimSchema } from "../../domain/validation-data.ts";
import type { Schema } from "../describe.ts";
import { LOCATION, SHA512_EXAMPLE } from "../examples.ts";

export const locationSchemas: Readonly<Record<string, Schema>> = {
  Location: {
    type: "object",
    description: "A place where the data of an image is",
    properties: {
      url: {
        type: "string",
        description:
          "URL of the data in its store. A user and password in it are shown as `***` or not at all",
      },
      metadata: {
        type: "object",
        description:
          "What the store, and whoever added the location, say of it. `store` is the id of the store",
        additionalProperties: { type: "string" },
      },
    },
    required: ["url", "metadata"],
    example: LOCATION,
  },
  LocationList: {
    type: "array",
    description: "Places, in the order in which they are read from",
    items: { $ref: "#/components/schemas/Location" },
    example: [LOCATION],
  },
};

/** Of bytes that already exist somewhere (domain/validation-data.ts). */
const ValidationData = claimSchema
  .extend({
    os_hash_algo: claimSchema.shape.os_hash_algo.meta({
      description: "Algorithm that `os_hash_value` was made with",
    }),
    os_hash_value: claimSchema.shape.os_hash_value.meta({
      description: "Digest of the data, in hexadecimal",
    }),
  })
  .meta({
    id: "ValidationData",
    description: "What the data hashes to, which the service then does not read for it",
  });

export const locationRequests = {
  LocationCreate: z
    .object({
      url: locationUrl.meta({ description: "Where the data is, in a store that the service reads" }),
      validation_data: ValidationData.optional(),
    })
    .meta({
      id: "LocationCreate",
      description: "Where data is that an image is to have, and what it hashes to if the caller knows",
      examples: [
        { url: LOCATION.url },
        {
          url: LOCATION.url,
          validation_data: { os_hash_algo: "sha512", os_hash_value: SHA512_EXAMPLE },
        },
      ],
    }),
};
