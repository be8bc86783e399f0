/**
 * How fast do bytes go into Ceph RBD, S3 and Swift and out of them, by both, and what memory does that take?
 *
 * The servers of the stores are the same for both, and so are the images, which the other side does not know.
 */
import { type Effort, sizeName } from "../effort.ts";
import { deleteImage } from "../images.ts";
import { Servers } from "../store-servers.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, told } from "./comparison.ts";
import { memoryRows, peakOf } from "./held-memory.ts";
import { type Side, startBoth } from "./sides.ts";
import { storeFloorRows } from "./store-floors.ts";
import {
  compare,
  downloads,
  filled,
  type Kept,
  uploads,
  type Work,
  warmDownloads,
  withKept,
} from "./transfer-work.ts";

const STORES = ["ceph", "s3", "swift"];

const INTO = "the store's servers and the digests, on the same two cores";

const known = (kept: Kept) => uploads(kept, { known: true, count: 1 });
const unknown = (kept: Kept) => uploads(kept, { known: false, count: 1 });

const WORKS: readonly Work[] = [
  { what: "upload, of known length", goal: 1.2, limit: INTO, measure: known },
  { what: "upload, of unknown length", limit: INTO, measure: unknown },
  // What is aimed at is Glance's rate for a known length: without one it is slow, or fails.
  { what: "the same, beside known length there", goal: 1.2, limit: INTO, measure: unknown, theirs: known },
  {
    what: "download",
    goal: 1.2,
    limit: "the store's servers, on the same two cores",
    measure: (kept) => warmDownloads(kept),
  },
];

const AT_ONCE = { uploads: 4, downloads: 8 };

/** Into each of the stores, and out of it. Of known length: of another Glance fails. */
async function throughAll(side: Side, bytes: number): Promise<void> {
  for (const store of STORES) {
    const transfer = { side, store, bytes };
    const ids = await Promise.all(Array.from({ length: AT_ONCE.uploads }, () => filled(transfer, true)));
    const [id = ""] = ids;
    await downloads({ ...transfer, id }, AT_ONCE.downloads);
    for (const each of ids) await deleteImage(side, each);
  }
}

/** A table of transfers by each store, and of the memory of both. */
export async function peerStores(effort: Effort): Promise<Section> {
  await using servers = await Servers.start(effort.dir);
  await using both = await startBoth(effort.dir, servers.stores);
  const rows: string[][] = [];
  for (const store of STORES)
    rows.push(
      ...(await withKept(both, { store, bytes: effort.alone }, async (kept) => [
        ...(await compare(kept, WORKS, effort)),
        ...(await storeFloorRows(kept, servers.stores.theirs, effort)),
      ])),
    );
  const peaks = await inTurn(effort.runs, both, (side) =>
    peakOf(side, () => throughAll(side, effort.together)),
  );
  rows.push(
    ...told(
      memoryRows(
        "memory at its peak, all stores",
        "librbd in processes of its own, with what Node and workerd take",
        peaks,
      ),
    ),
  );
  return {
    title: `Transfers of ${sizeName(effort.alone)} beside Glance: Ceph RBD, S3 and Swift`,
    note: `Memory at its peak: into each of them ${AT_ONCE.uploads} uploads, out of it ${AT_ONCE.downloads} downloads, of ${sizeName(effort.together)} each.`,
    columns: COLUMNS,
    rows,
  };
}
