/** What is asked of both, in turn. */
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { Cloud } from "./cloud.ts";
import { peerCycles } from "./cycles.ts";
import { peerMemory } from "./memory.ts";
import { Nginx } from "./nginx.ts";
import { million, peerShowList } from "./show-list.ts";
import { Both } from "./sides.ts";
import { Servers } from "./stores.ts";
import { peerStores, peerTransfers } from "./transfers.ts";

export const PEER_QUESTIONS: Record<string, (effort: Effort) => Promise<Section>> = {
  "show-list": peerShowList,
  million,
  cycles: peerCycles,
  transfer: peerTransfers,
  stores: peerStores,
  memory: peerMemory,
};

/** For a bench that is interrupted. */
export async function endPeers(): Promise<void> {
  await Both.endAll();
  await Cloud.endAll();
  await Servers.endAll();
  await Nginx.endAll();
}
