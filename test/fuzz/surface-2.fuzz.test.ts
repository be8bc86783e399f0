import { surface } from "./surface.ts";

/** Quotas that a world meets now and then: what they count must be right whatever they refuse. */
surface(2, { QUOTAS: { imageCountTotal: 8, imageCountUploading: 1, userStorageQuota: 500 } });
