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
  mutate(
    "src/domain/quotas.ts",
    "bytes: Number.isSafeInteger(bytes) ? bytes : null",
    "bytes: null",
    "data §1.2: 413 for more than user_storage_quota, announced",
    "data §1.2: 413 for more than user_storage_quota, not announced",
    "data §1.2: 413 for more than image_size_total, not announced",
  ),
  mutate(
    "src/domain/quotas.ts",
    "(mebibytes + 1) * MiB - 1",
    "(mebibytes + 1) * MiB - 2",
    "data §1.2: 204 for just image_size_total",
  ),
  mutate(
    "src/domain/quotas.ts",
    'uploading: counted("image_count_uploading")',
    "uploading: null",
    "data §1.2: 413 for more uploads than image_count_uploading",
  ),
  mutate(
    "src/durable/location-quota.ts",
    "size: (size ?? 0) * more",
    "size: (size ?? 0) * more + 1",
    "quotas §3: 200 for a location that user_storage_quota has just room for",
  ),
];
