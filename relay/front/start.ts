import { createServer, type Server } from "node:http";
import type { Logger } from "pino";
import type { Boot } from "../../protocol/control.ts";
import type { SigningKey } from "../../protocol/signing.ts";
import type { ImageStore } from "../../src/stores/contract.ts";
import type { HashThreads } from "../hashing/hash-threads.ts";
import { HTTP, type Listening, listen } from "../listen.ts";
import { Visits } from "../visits.ts";
import type { ContentCache } from "./download.ts";
import { Edge } from "./edge.ts";
import { frontDoor } from "./front-door.ts";
import { accepted } from "./lease.ts";
import { PartBuffers } from "./part-buffers.ts";

/** For the parts of all uploads together, 16 MiB each mostly. */
const PART_BUFFER_BYTES = 256 * 1024 * 1024;
const ANNOUNCE_RETRY_SECONDS = 1;
/** Failures after which the operator hears of it. */
const ANNOUNCE_TRIES = 10;

export interface FrontDoorOptions {
  readonly edgeUrl: string;
  readonly key: SigningKey;
  readonly boot: Boot;
  readonly listen: { readonly host: string; readonly port: number };
  readonly siteOf: Parameters<typeof frontDoor>[0]["siteOf"];
  readonly stores: ReadonlyMap<string, ImageStore>;
  readonly threads: HashThreads;
  readonly cache?: ContentCache;
  readonly idleSeconds: number;
  readonly log: Logger;
}

export interface FrontDoor extends Listening {
  /** Takes nothing new, finishes what runs within so many seconds, then ends it. */
  close(seconds: number): Promise<void>;
}

/** Opens the front door, and tells the edge that what this relay held in an earlier life has ended. */
export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { edgeUrl, key, boot, log, ...rest } = options;
  const edge = new Edge({ url: edgeUrl, key, boot });
  const visits: Visits = new Visits(
    frontDoor({ ...rest, edge, buffers: new PartBuffers(PART_BUFFER_BYTES), leaving: () => visits.leaving }),
    log,
  );
  const server: Server = createServer(HTTP);
  visits.attach(server);
  const listening = await listen(server, options.listen);
  const ended = new AbortController();
  void announce(edge, log, ended.signal);
  return {
    ...listening,
    async close(seconds) {
      ended.abort();
      await visits.leave(server, seconds);
      await edge.close();
    },
  };
}

/** Until the edge has heard it: leases of the earlier life would stand until they run out. */
async function announce(edge: Edge, log: Logger, ended: AbortSignal): Promise<void> {
  for (let tries = 1; !ended.aborted; tries++) {
    try {
      (await accepted(await edge.control({ what: "boots" }, { json: edge.boot }))).body.resume();
      log.info("the edge knows that the relay has started");
      return;
    } catch (error) {
      // On one machine the edge is about to start too.
      if (tries === ANNOUNCE_TRIES)
        log.warn({ err: error }, "the edge cannot be told that the relay has started");
      await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_RETRY_SECONDS * 1000).unref());
    }
  }
}
