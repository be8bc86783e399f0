import { ref, type Schema } from "../describe.ts";

const storeProperties = {
  id: {
    type: "string",
    description: "Id of the store: what `X-Image-Meta-Store` and `stores` of an image name",
  },
  description: { type: "string", description: "What the operator says of it; absent where nothing is said" },
  default: {
    type: "string",
    enum: ["true"],
    description:
      'The text "true" for the store that data goes to unless another one is named; absent for others',
  },
  "read-only": {
    type: "string",
    enum: ["true"],
    description: 'The text "true" for a store that no data can be uploaded to; absent for others',
  },
};

const usage = (description: string): Schema => ({ description, ...ref("QuotaUsage") });

const FILE_STORE = {
  id: "file",
  default: "true",
  type: "file",
  weight: 0,
  properties: { data_dir: "/var/lib/glimpse/images", chunk_size: 65_536, thin_provisioning: true },
};

/** What the service says about itself. */
export const serviceSchemas: Readonly<Record<string, Schema>> = {
  Store: {
    type: "object",
    description: "A place that the service keeps image data in",
    properties: storeProperties,
    required: ["id"],
    example: { id: "file", default: "true" },
  },
  StoreList: {
    type: "object",
    description: "The stores, in the order of the settings",
    properties: {
      stores: {
        type: "array",
        items: ref("Store"),
        description: "All of them, those that are only read included",
      },
    },
    required: ["stores"],
  },
  StoreDetail: {
    type: "object",
    description: "A store as operators see it",
    properties: {
      ...storeProperties,
      type: { type: "string", description: "What kind of store it is: `file`, `r2`, `http` and others" },
      weight: {
        type: "integer",
        description: "Of an image that several stores hold, the heaviest one is read first",
      },
      properties: {
        type: "object",
        description: "What is particular to a store of this kind: a directory, the size of chunks in bytes",
        additionalProperties: true,
      },
    },
    required: ["id", "type", "weight", "properties"],
    example: FILE_STORE,
  },
  StoreDetailList: {
    type: "object",
    description: "The stores as operators see them, in the order of the settings",
    properties: {
      stores: {
        type: "array",
        items: ref("StoreDetail"),
        description: "All of them, those that are only read included",
      },
    },
    required: ["stores"],
    example: { stores: [FILE_STORE] },
  },
  StoreCheck: {
    type: "object",
    description: "What was found where a store was tried",
    properties: {
      store: { type: "string", description: "The store's id" },
      ok: { type: "boolean", description: "Whether everything went well" },
      findings: {
        type: "array",
        items: ref("Finding"),
        description:
          "What was tried, one thing after another; what cannot be tried for want of another is left out",
      },
    },
    required: ["store", "ok", "findings"],
    example: {
      store: "s3",
      ok: false,
      findings: [
        {
          ok: false,
          what: "cannot be written: The bucket of the store s3 is missing.",
          remedy:
            "Make it, or let the service make it (create_bucket, create_container), or correct its name.",
        },
      ],
    },
  },
  Finding: {
    type: "object",
    description: "One thing that was tried",
    properties: {
      ok: { type: "boolean", description: "Whether it went well" },
      what: { type: "string", description: "What was found, in words that follow the store's name" },
      remedy: { type: "string", description: "What to do about it, where it did not go well" },
    },
    required: ["ok", "what"],
  },
  ImportInfo: {
    type: "object",
    description: "How images can be imported",
    properties: { "import-methods": ref("ImportMethods") },
    required: ["import-methods"],
    example: {
      "import-methods": { description: "Import methods available.", type: "array", value: [] },
    },
  },
  ImportMethods: {
    type: "object",
    description: "The import methods that are enabled",
    properties: {
      description: { type: "string", description: "For people" },
      type: { type: "string", description: 'Type of `value`: "array"' },
      value: { type: "array", items: { type: "string" }, description: "Names of the methods; none today" },
    },
    required: ["description", "type", "value"],
  },
  UsageInfo: {
    type: "object",
    description: "Quotas of the caller's project, and what it uses of them",
    properties: { usage: ref("Usage") },
    required: ["usage"],
    example: {
      usage: {
        image_size_total: { usage: 414, limit: 10_240 },
        image_stage_total: { usage: 0, limit: 10_240 },
        image_count_total: { usage: 1, limit: 100 },
        image_count_uploading: { usage: 0, limit: 10 },
      },
    },
  },
  Usage: {
    type: "object",
    description:
      "Each quota by its name. Empty while unified limits are off, and for a token without a project",
    properties: {
      image_size_total: usage("Data of all images, in MiB"),
      image_stage_total: usage("Data that is staged, in MiB"),
      image_count_total: usage("Images"),
      image_count_uploading: usage("Uploads under way"),
    },
  },
  QuotaUsage: {
    type: "object",
    description: "One quota",
    properties: {
      usage: { type: "integer", description: "What the project uses, in whole units, rounded down" },
      limit: { type: "integer", description: "What it may use; -1 is no limit" },
    },
    required: ["usage", "limit"],
  },
  JsonSchema: {
    type: "object",
    // As a named schema, the type of all other attributes would clash with the generated types' own field for the rest.
    description:
      "A JSON schema, in the draft that Glance's clients read. The schema of all other attributes is in `additionalProperties`",
    properties: {
      name: { type: "string", description: "What is described" },
      properties: { type: "object", description: "A schema for each attribute", additionalProperties: true },
      links: { type: "array", items: ref("SchemaLink"), description: "Attributes that are links" },
    },
    additionalProperties: true,
    required: ["name", "properties"],
    example: { name: "member", properties: { member_id: { type: "string" } } },
  },
  SchemaLink: {
    type: "object",
    description: "An attribute that is a link",
    properties: {
      rel: { type: "string", description: "What is found there" },
      href: { type: "string", description: "The name of the attribute, in braces" },
    },
    required: ["rel", "href"],
  },
};
