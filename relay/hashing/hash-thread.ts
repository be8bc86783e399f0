import { createHash, type Hash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import type { HashAnswer, HashOrder } from "./hash-threads.ts";

/** A thread that holds the digests that it is given, one for each algorithm of an upload. */
const digests = new Map<number, Hash>();

parentPort?.on("message", (order: HashOrder) => {
  parentPort?.postMessage({ ticket: order.ticket, ...carryOut(order) } satisfies HashAnswer);
});

function carryOut(order: HashOrder): { value?: string } {
  const { digest } = order;
  switch (order.do) {
    case "open":
      digests.set(digest, createHash(order.algo));
      return {};
    case "update":
      digests.get(digest)?.update(new Uint8Array(order.block, 0, order.length));
      return {};
    case "finish": {
      const value = digests.get(digest)?.digest("hex");
      digests.delete(digest);
      return value === undefined ? {} : { value };
    }
    case "drop":
      digests.delete(digest);
      return {};
  }
}
