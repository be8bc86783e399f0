/** What is asked of both, in turn. */
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { peerCycles } from "./cycles.ts";
import { peerMemory } from "./memory.ts";
import { million, peerShowList } from "./show-list.ts";
import { peerStores, peerTransfers } from "./transfers.ts";

export const PEER_QUESTIONS: Record<string, (effort: Effort) => Promise<Section>> = {
  "show-list": peerShowList,
  million,
  cycles: peerCycles,
  transfer: peerTransfers,
  stores: peerStores,
  memory: peerMemory,
};
