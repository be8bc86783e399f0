import type { Row } from "../row.ts";

const NAMES = ["image", "images", "member", "members", "task", "tasks"];
const UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$";

const image = (what: string, properties: Record<string, unknown>): Row => ({
  row: `schemas §1: ${what}`,
  send: "GET /v2/schemas/image",
  expect: 200,
  answer: { body: { properties } },
});
const each = (names: string, definition: Record<string, unknown>) =>
  Object.fromEntries(names.split(" ").map((name) => [name, definition]));

/** spec/schemas.md. */
export const schemas: readonly Row[] = [
  ...NAMES.map(
    (name): Row => ({
      row: `schemas §0: ${name} is served to any token, under its name`,
      as: "auditor",
      send: `GET /v2/schemas/${name}`,
      expect: 200,
      answer: { headers: { "content-type": /^application\/json/ }, body: { name }, without: ["$schema"] },
    }),
  ),
  { row: "schemas §0: 401 without a token", as: "anonymous", send: "GET /v2/schemas/image", expect: 401 },
  { row: "schemas §0: 404 for an unknown name", send: "GET /v2/schemas/nope", expect: 404 },
  {
    row: "schemas §0: 405 for other methods",
    send: "PUT /v2/schemas/image",
    expect: 405,
    answer: { headers: { allow: "GET" } },
  },
  { row: "schemas §0: 400 for a body", send: "GET /v2/schemas/image", body: "x", expect: 400 },
  {
    row: "schemas §1: an image may have any property that is text, and has three links",
    send: "GET /v2/schemas/image",
    expect: 200,
    answer: {
      body: {
        additionalProperties: { type: "string" },
        links: [
          { rel: "self", href: "{self}" },
          { rel: "enclosure", href: "{file}" },
          { rel: "describedby", href: "{schema}" },
        ],
      },
      without: ["required"],
    },
  },
  image("id is a UUID", { id: { type: "string", pattern: UUID } }),
  image(
    "name and owner are text of 255, or null",
    each("name owner", { type: ["null", "string"], maxLength: 255 }),
  ),
  image("status is read-only, one of nine", {
    status: {
      type: "string",
      readOnly: true,
      enum: [
        "queued",
        "saving",
        "uploading",
        "importing",
        "active",
        "deactivated",
        "killed",
        "pending_delete",
        "deleted",
      ],
    },
  }),
  image("visibility is one of four", {
    visibility: { type: "string", enum: ["community", "public", "private", "shared"] },
  }),
  image("protected and os_hidden are booleans", each("protected os_hidden", { type: "boolean" })),
  image("hashes are read-only text or null", {
    checksum: { type: ["null", "string"], readOnly: true, maxLength: 32 },
    os_hash_algo: { type: ["null", "string"], readOnly: true, maxLength: 64 },
    os_hash_value: { type: ["null", "string"], readOnly: true, maxLength: 128 },
  }),
  image(
    "sizes are read-only integers or null",
    each("size virtual_size", { type: ["null", "integer"], readOnly: true }),
  ),
  image("formats are those that are configured, null first", {
    disk_format: {
      enum: [null, "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"],
    },
    container_format: { enum: [null, "ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"] },
  }),
  image(
    "times and links are read-only text",
    each("created_at updated_at direct_url self file schema stores", { type: "string", readOnly: true }),
  ),
  image("tags are text of 255", { tags: { type: "array", items: { type: "string", maxLength: 255 } } }),
  image("min_ram and min_disk are integers", each("min_ram min_disk", { type: "integer" })),
  image("a location has a URL, metadata and data to validate by", {
    locations: {
      items: {
        properties: {
          url: { type: "string", maxLength: 255 },
          metadata: { type: "object" },
          validation_data: {
            writeOnly: true,
            additionalProperties: false,
            required: ["os_hash_algo", "os_hash_value"],
          },
        },
        required: ["url", "metadata"],
      },
    },
  }),
  image(
    "kernel_id and ramdisk_id are UUIDs or null, and additional",
    each("kernel_id ramdisk_id", { type: ["null", "string"], pattern: UUID, is_base: false }),
  ),
  image(
    "well-known properties are text, and additional",
    each("instance_uuid architecture os_distro os_version description cinder_encryption_key_id", {
      type: "string",
      is_base: false,
    }),
  ),
  image("a key deletion policy is one of two", {
    cinder_encryption_key_deletion_policy: {
      type: "string",
      enum: ["on_image_deletion", "do_not_delete"],
      is_base: false,
    },
  }),
  {
    row: "schemas §2: images are a list of images, with links to their pages",
    send: "GET /v2/schemas/images",
    expect: 200,
    answer: {
      body: {
        properties: {
          images: { type: "array", items: { name: "image" } },
          first: { type: "string" },
          next: { type: "string" },
          schema: { type: "string" },
        },
        links: [
          { rel: "first", href: "{first}" },
          { rel: "next", href: "{next}" },
          { rel: "describedby", href: "{schema}" },
        ],
      },
    },
  },
  {
    row: "schemas §3: a member is a project, an image and a status",
    send: "GET /v2/schemas/member",
    expect: 200,
    answer: {
      body: {
        properties: {
          ...{ member_id: { type: "string" }, image_id: { type: "string", pattern: UUID } },
          ...each("created_at updated_at", { type: "string" }),
          status: { enum: ["pending", "accepted", "rejected"] },
          schema: { type: "string", readOnly: true },
        },
      },
      without: ["additionalProperties", "links"],
    },
  },
  {
    row: "schemas §3: members are a list of members",
    send: "GET /v2/schemas/members",
    expect: 200,
    answer: {
      body: {
        properties: { members: { type: "array", items: { name: "member" } }, schema: { type: "string" } },
        links: [{ rel: "describedby", href: "{schema}" }],
      },
    },
  },
  {
    row: "schemas §4: a task has its type, its status and what it was about",
    send: "GET /v2/schemas/task",
    expect: 200,
    answer: {
      body: {
        properties: {
          id: { type: "string", pattern: UUID },
          type: { enum: ["import", "api_image_import", "location_import"] },
          status: { enum: ["pending", "processing", "success", "failure"] },
          ...each("input result", { type: ["null", "object"] }),
          ...each("owner message image_id request_id user_id created_at updated_at", { type: "string" }),
          expires_at: { type: ["null", "string"] },
          ...each("self schema", { type: "string", readOnly: true }),
        },
      },
    },
  },
  {
    row: "schemas §4: tasks are a list of tasks",
    send: "GET /v2/schemas/tasks",
    expect: 200,
    answer: {
      body: {
        properties: { tasks: { type: "array", items: { name: "task" } }, schema: { type: "string" } },
        links: [{ rel: "describedby", href: "{schema}" }],
      },
    },
  },
];
