import { ref, type Schema } from "../describe.ts";

const path = {
  type: "string",
  description:
    "A JSON pointer of one token, which names an attribute or a property; of two for one location, `/locations/-` or `/locations/0`",
  pattern: "^/[^/]+(/[^/]+)?$",
  example: "/min_disk",
};
const value = {
  description:
    "What `add` and `replace` put there, of the type that the attribute has; text for a property. `remove` has none",
};

/** Any value: an attribute may be text, a number, a boolean, a list. */
export const patchSchemas: Readonly<Record<string, Schema>> = {
  ImagePatch: {
    type: "array",
    description: "Operations, one after another. All of them are done, or none",
    items: ref("PatchOperation"),
  },
  PatchOperation: {
    type: "object",
    description: "One operation of a patch",
    properties: {
      op: {
        type: "string",
        enum: ["add", "replace", "remove"],
        description:
          "What is done. `add` replaces what is there already; `replace` and `remove` need something there",
      },
      path,
      value,
    },
    required: ["op", "path"],
  },
  LegacyImagePatch: {
    type: "array",
    description: "Operations in the spelling of version 2.0. All of them are done, or none",
    items: ref("LegacyPatchOperation"),
  },
  LegacyPatchOperation: {
    type: "object",
    description:
      "One operation, which the one of `add`, `replace` and `remove` that is there names. Its value is a path",
    properties: { add: path, replace: path, remove: path, value },
  },
};
