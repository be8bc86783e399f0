/**
 * The process that talks to Ceph, so that neither a wrong pointer nor a cluster that hangs takes down the relay. It
 * gets its orders as messages, shares memory for bytes with the relay through file descriptor 4, and ends when the
 * relay does.
 */
import { CarryOut } from "./carry-out.ts";
import { CephError } from "./ceph-error.ts";
import { type Librbd, loadLibrbd } from "./librbd.ts";
import { Mapping } from "./mapping.ts";
import type { AnswerMessage, OrderMessage } from "./messages.ts";
import { MEMORY_FD } from "./shared-memory.ts";

const NOTHING = new Uint8Array();
const tell = (told: AnswerMessage) => process.send?.(told);

/** At once, whatever Ceph's threads are doing: an orderly exit would wait for calls that do not return. */
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A signal to the relay's process group, as from Ctrl-C, must let running orders finish.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});

async function answer(
  { memory, order, ticket }: OrderMessage,
  work: CarryOut,
  mapping: Mapping,
): Promise<void> {
  try {
    const bytes = memory ? mapping.slot(memory.slot, memory.length) : NOTHING;
    tell({ ticket, answer: await work.carryOut(order, bytes) });
  } catch (error) {
    if (!(error instanceof CephError)) throw error;
    const { call, errno, inTheWay } = error;
    tell({ ticket, call, errno, inTheWay });
  }
}

function load(): { lib: Librbd; mapping: Mapping } | undefined {
  try {
    return { lib: loadLibrbd(), mapping: new Mapping(MEMORY_FD) };
  } catch (error) {
    tell({ loaded: false, why: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

const loaded = load();
if (loaded) {
  const work = new CarryOut(loaded.lib);
  process.on("message", (asked: OrderMessage) => void answer(asked, work, loaded.mapping));
  tell({ loaded: true });
}
