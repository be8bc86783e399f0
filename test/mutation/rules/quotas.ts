import { type Mutation, mutate } from "../mutation.ts";

export const quotas: readonly Mutation[] = [
  mutate(
    "src/domain/quotas.ts",
    'images: counted("image_count_total")',
    "images: null",
    "quotas §1: 413 for an image more than the project may have",
  ),
  mutate(
    "src/domain/quotas.ts",
    "unified[name] >= 0 ? unified[name] : null",
    "unified[name] > 1 ? unified[name] : null",
    "quotas §1: 413 for an image more than the project may have",
  ),
  mutate(
    "src/domain/quotas.ts",
    "image_count_uploading: usage.uploading",
    "image_count_uploading: 0",
    "quotas §2: an image that is saving counts as uploading",
  ),
  mutate(
    "src/domain/quotas.ts",
    "limit: limits[name]",
    "limit: Math.max(0, limits[name])",
    "quotas §2: what is not limited is -1",
  ),
];
