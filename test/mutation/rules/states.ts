import { type Mutation, mutate, mutateWithin } from "../mutation.ts";

export const states: readonly Mutation[] = [
  mutate(
    "src/domain/status.ts",
    'reactivate: "active", delete',
    'reactivate: "deactivated", delete',
    "data §4: 204 for reactivate, a deactivated image",
  ),
  mutate(
    "src/domain/status.ts",
    'importing: { finishImport: "active", failImport: "queued", delete: "deleted" }',
    'importing: { finishImport: "active", failImport: "queued" }',
    "images §6: 204 for an image that is importing",
  ),
  mutate(
    "src/domain/status.ts",
    'failUpload: "queued"',
    'failUpload: "killed"',
    "data §1.2: 400 for more bytes than announced",
  ),
  mutate(
    "src/domain/status.ts",
    'new Set<Status>(["queued", "importing"])',
    'new Set<Status>(["queued", "importing", "saving"])',
    "images §5.4: 403 for a format of an image that is saving",
  ),
  mutate(
    "src/actions/admit-upload.ts",
    'if (image.status !== "queued")',
    'if (image.status === "queued")',
    "data §1.2: 204 for a body of known length",
  ),
  mutate(
    "src/actions/admit-upload.ts",
    'throw new ServiceError("invalid", `Image',
    'throw new ServiceError("conflict", `Image',
    "data §1.2: 400 for an image without a container_format",
  ),
  mutate(
    "src/actions/delete-image.ts",
    "if (image.protected)",
    "if (!image.protected)",
    "images §6: 204 for its owner",
  ),
  mutate(
    "src/actions/download-image.ts",
    'image.status === "deactivated" && !isAdmin(scope.caller)',
    'image.status === "deactivated"',
    "data §2: 200 for an administrator where it is deactivated",
  ),
  mutate(
    "src/actions/download-image.ts",
    'image.status === "deactivated" && ',
    'image.status === "killed" && ',
    "data §2: 403 for the owner of an image that is deactivated",
  ),
  mutate(
    "src/actions/set-image-active.ts",
    "if (status === TARGET[event]) return true;\n",
    "",
    "data §4: 204 for deactivate, an image that is deactivated already",
  ),
  mutate(
    "src/actions/set-image-active.ts",
    '("forbidden", `Not allowed',
    '("conflict", `Not allowed',
    "data §4: 403 for deactivate, an image that is queued",
  ),
  mutateWithin(
    "src/durable/location-imports.test.ts",
    {
      file: "src/durable/image-transitions.ts",
      from: "if (standing !== this.#left) return refusedIn",
      to: "return refusedIn",
    },
    "a location is added to what the catalogue was restored to, whatever its object did since",
  ),
];
