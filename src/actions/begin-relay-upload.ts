import type { Nonce, RelayLife } from "../durable/transfers.ts";
import { isCarriedBy } from "../env.ts";
import { MAX_PARTS, RELAY_PART_BYTES, RELAY_PART_BYTES_MOST, RESERVATION_BYTES } from "../limits.ts";
import { isWritable } from "../stores/contract.ts";
import { openStores } from "../stores/open.ts";
import { partBytesFor } from "../stores/sinks.ts";
import {
  admitUpload,
  refuseWithoutRoom,
  storeOf,
  uploadableImage,
  type WantedUpload,
} from "./admit-upload.ts";
import type { Scope } from "./scope.ts";

/**
 * Begins an upload whose bytes a relay receives from its client. It is admitted like any other; the lease is the
 * relay's, and the answer says where the bytes go. If they can neither stay at the relay nor come in parts, the answer
 * is `forward` and nothing has begun, but all checks have been made, before the client sends its body.
 */
export async function beginRelayUpload(
  scope: Scope,
  upload: WantedUpload,
  relay: RelayLife & {
    readonly asksForMore: boolean;
    /** A key, and the stores in which the relay found nothing under it. */
    readonly unused?: { readonly key: string; readonly stores: readonly string[] } | undefined;
    /** The nonce of the relay's request, spent by the call that changes something. */
    readonly nonce: Nonce;
  },
) {
  const { config, env } = scope;
  await refuseWithoutRoom(scope, upload);
  const storeId = storeOf(config, upload);
  const kept = config.stores.find(({ id }) => id === storeId);
  const stays = kept !== undefined && isCarriedBy(kept, relay.id);
  const store = openStores(config, env).get(storeId);
  const parts = isWritable(store) ? store.parts : undefined;
  const inParts = parts !== undefined && !stays;
  if (!stays && !inParts) {
    await uploadableImage(scope, upload);
    return { how: "forward" as const };
  }
  const { asksForMore, unused, nonce, ...life } = relay;
  const { lease, key, location, grantedBytes } = await admitUpload(scope, upload, {
    // The relay cannot know what is under a key elsewhere.
    relay: {
      ...life,
      inParts,
      ...(stays && unused?.stores.includes(storeId) ? { unusedKey: unused.key } : {}),
    },
    nonce,
    ...(asksForMore ? {} : { firstStep: RESERVATION_BYTES.most }),
  });
  const { hashAlgo, leaseSeconds, heartbeatSeconds, stallSeconds } = config.transfers;
  const transfer = {
    lease,
    ...(upload.size === undefined ? {} : { size: upload.size }),
    maxBytes: asksForMore
      ? config.limits.imageSizeCapBytes
      : Math.min(config.limits.imageSizeCapBytes, grantedBytes ?? Infinity),
    ...(grantedBytes === undefined ? {} : { grantedBytes }),
    ...{ hashAlgo, leaseSeconds, heartbeatSeconds, stallSeconds },
  };
  if (!inParts) return { how: "store" as const, ...transfer, store: storeId, key, location };
  const sized = { maxParts: parts.suitableParts ?? MAX_PARTS, partBytes: RELAY_PART_BYTES };
  return {
    how: "parts" as const,
    ...transfer,
    // No larger than a request may be.
    partBytes: Math.min(partBytesFor(upload.size ?? 0, sized), RELAY_PART_BYTES_MOST),
    maxParts: MAX_PARTS,
  };
}
