import { type Mutation, mutate } from "../mutation.ts";

export const locations: readonly Mutation[] = [
  mutate(
    "src/domain/policy.ts",
    "or (role:member and owner)`",
    "or @`",
    "locations §2: 403 for a reader",
    "locations §2: 403 for another project, where it is community",
  ),
  mutate(
    "src/domain/policy.ts",
    "fetch_image_location: SERVICE_API",
    "fetch_image_location: ADMIN_OR_OWNING_MEMBER",
    "locations §3: 403 for the owner",
  ),
  mutate(
    "src/actions/import-location.ts",
    "if (!takesHttp && !isService(caller) && !isAdmin(caller))",
    "if (!takesHttp && caller.roles.length === 0)",
    "locations §2: 403 for a URL that is not http, from whoever is no service",
  ),
  mutate(
    "src/actions/import-location.ts",
    "claimed.value.length !== HASH_CHARS[claimed.algo]",
    "claimed.value.length > 128",
    "locations §2: 400 for a hash that is not as long as its algorithm's",
  ),
  mutate(
    "src/domain/validation-data.ts",
    "const claim = z.strictObject(",
    "const claim = z.looseObject(",
    "locations §2: 400 for another key in validation_data",
  ),
  mutate(
    "src/domain/validation-data.ts",
    'z.enum(["sha1", "sha256", "sha512", "md5"])',
    'z.enum(["sha1", "sha256", "sha512", "md5", "crc32"])',
    "locations §2: 400 for an unknown algorithm",
  ),
  mutate(
    "src/domain/validation-data.ts",
    "/^[0-9a-f]*$/i",
    "/^[0-9a-z]*$/i",
    "locations §2: 400 for a hash that is not hexadecimal",
  ),
  mutate(
    "src/routes/locations.ts",
    'locations.use(PATH, allow("GET", "POST"))',
    'locations.use(PATH, allow("POST"))',
    "locations §3: 405 for other methods",
    "locations §3: 200 for an image without data",
  ),
  mutate(
    "src/routes/tasks.ts",
    'authorize("tasks_api_access", c.var.caller);',
    "",
    "info-tasks-cache §2: 403 for whoever is no administrator, GET /v2/tasks",
    "info-tasks-cache §2: 403 for whoever is no administrator, DELETE /v2/tasks/{id}",
  ),
  mutate(
    "src/routes/tasks.ts",
    "if (query.marker !== undefined && !hasMarker)",
    'if (query.marker === "x" && !hasMarker)',
    "info-tasks-cache §2.3: 400 for a marker that nobody knows",
  ),
  mutate(
    "src/domain/location-change.ts",
    "if (quota >= 0 && this.#places.length >= quota)",
    "if (quota >= 0 && this.#places.length > quota)",
    "locations §1.1: 413 for more locations than the quota",
  ),
  mutate(
    "src/domain/location-change.ts",
    'verb === "remove" ? "delete_image_location" : "set_image_location"',
    '"set_image_location"',
    "locations §1.3: 403 for the owner, who may not",
  ),
  mutate(
    "src/domain/location-change.ts",
    "if (this.#places.length === 1)",
    "if (this.#places.length === 0)",
    "locations §1.3: 403 for the last one that is left",
  ),
  mutate(
    "src/domain/location-change.ts",
    "if (wanted.length === 0) throw forbidden(",
    "if (wanted.length === 0) throw invalid(",
    "locations §1.2: 403 for no locations at all",
  ),
  mutate(
    "src/domain/patched-location.ts",
    "z.record(text, text)",
    "z.record(text, z.unknown())",
    "locations §1.1: 400 for metadata that are no text [DEV], before anything is looked up",
  ),
  mutate(
    "src/actions/delete-store-copy.ts",
    "if (image.locations.length === 1)",
    "if (image.locations.length === 0)",
    "locations §4: 403 for the only copy",
  ),
  mutate(
    "src/actions/delete-store-copy.ts",
    'if (image.status !== "active")',
    'if (image.status === "queued")',
    "locations §4: 409 for an image that is not active",
  ),
];
