/** What is asked of both, in turn. */
import type { Effort } from "../effort.ts";
import type { Section } from "../table.ts";
import { peerCycles } from "./cycles.ts";
import { peerMemory } from "./memory.ts";
import { million } from "./million.ts";
import { peerInTurn, peerShowList } from "./show-list.ts";
import { peerStores } from "./stores.ts";
import { peerTransfer } from "./transfer.ts";

/** By the names that the command line has for them. */
export const PEER_QUESTIONS: Record<string, (effort: Effort) => Promise<Section>> = {
  "show-list": peerShowList,
  "in-turn": peerInTurn,
  million,
  cycles: peerCycles,
  transfer: peerTransfer,
  stores: peerStores,
  memory: peerMemory,
};
