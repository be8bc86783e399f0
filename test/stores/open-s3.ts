import { S3Store, type S3StoreOptions } from "../../src/stores/s3.ts";
import { WORKERD } from "../../src/stores/workerd.ts";
import type { S3Service } from "./services.ts";

const MiB = 1024 * 1024;

/** A store over a real server, with small parts, so that tests cross their boundaries. */
export const openS3 = (service: S3Service, options: Partial<S3StoreOptions> = {}): S3Store =>
  new S3Store({
    id: "s3",
    platform: WORKERD,
    addressing: "path",
    partBytes: 5 * MiB,
    thresholdBytes: 100 * MiB,
    ...service,
    ...options,
  });
