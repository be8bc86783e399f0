/**
 * The process that talks to Ceph, so that neither a wrong pointer nor a cluster that hangs takes the relay with it. It is
 * told what to do on file descriptor 3, and ends when that is closed.
 */
import { Socket } from "node:net";
import { CarryOut } from "./carry-out.ts";
import { CephError } from "./ceph-error.ts";
import { type Librbd, loadLibrbd } from "./librbd.ts";
import type { Asked, Told } from "./messages.ts";
import { MessageReader, sendMessage } from "./wire.ts";

const relay = new Socket({ fd: 3, readable: true, writable: true });
const tell = (told: Told, bytes?: Uint8Array) => sendMessage(relay, told, bytes);

/** At once, whatever Ceph's threads are doing: an orderly exit would wait for calls that do not return. */
const end = () => process.kill(process.pid, "SIGKILL");
relay.on("end", end);
relay.on("error", end);
// Whoever ends the relay by its group, as Ctrl-C does, lets it finish what runs.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});

async function answer({ head, bytes }: { head: Asked; bytes: Uint8Array }, work: CarryOut): Promise<void> {
  const { order, ticket } = head;
  try {
    const done = await work.carryOut(order, bytes);
    tell({ ticket, answer: done.answer }, done.bytes);
  } catch (error) {
    if (!(error instanceof CephError)) throw error;
    const { call, errno, inTheWay } = error;
    tell({ ticket, call, errno, inTheWay });
  }
}

function load(): Librbd | undefined {
  try {
    return loadLibrbd();
  } catch (error) {
    tell({ loaded: false, why: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}

const lib = load();
if (lib) {
  const work = new CarryOut(lib);
  const messages = new MessageReader<Asked>();
  relay.on("data", (chunk: Buffer) => {
    for (const message of messages.push(chunk)) void answer(message, work);
  });
  tell({ loaded: true });
}
