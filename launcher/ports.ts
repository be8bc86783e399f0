import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { Unusable } from "./unusable.ts";

/** Only the relay, and other programs on this machine, can reach what listens here. */
export const LOOPBACK = "127.0.0.1";

/**
 * Below the ephemeral ports (Linux from 32768, others from 49152). Otherwise a client that connects while the worker
 * does not listen yet could get the worker's port for its own end, and keep the worker from listening.
 */
const OURS = { from: 20_000, below: 32_768 };

/** A loopback port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(OURS.from, OURS.below);
    if (!(await whyNot(LOOPBACK, port))) return port;
  }
}

/** Rejects `Unusable`. A worker that has just ended may hold its socket a moment longer. */
export async function requireFreePort(host: string, port: number, tries = 20): Promise<void> {
  const refused = await whyNot(host, port);
  if (!refused) return;
  if (refused.code !== "EADDRINUSE")
    throw new Unusable(
      `Nothing can listen on ${host}:${port}: ${refused.message}`,
      "Start with another --host or --port.",
    );
  if (tries <= 1)
    throw new Unusable(
      `Something else listens on ${host}:${port}.`,
      "Stop what listens there, or start with another --port.",
    );
  await wait(100);
  return requireFreePort(host, port, tries - 1);
}

/** Why nothing can listen there; undefined if something can. */
function whyNot(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", resolve);
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
