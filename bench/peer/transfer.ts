/**
 * How fast do bytes go in and out of a directory, by both, and by nginx?
 *
 * Ours syncs what it writes; Glance does not.
 */
import { basename, dirname } from "node:path";
import { mibPerSecond, receive } from "../bytes.ts";
import { type Effort, sizeName } from "../effort.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, type Pair, told } from "./comparison.ts";
import { Nginx } from "./nginx.ts";
import { startBoth } from "./sides.ts";
import {
  coldDownload,
  compare,
  type Kept,
  ranges,
  uploads,
  type Work,
  warmDownloads,
  withKept,
} from "./transfer-work.ts";

const TWO_DIGESTS = "both cores, of whose time two digests take 2.1 of 3.1 s a GiB";
const COPYING = "the copies that kernel and client make, on two cores, as nginx is";

const WORKS: readonly Work[] = [
  ...[1, 4].flatMap((count) =>
    [true, false].map((known) => ({
      what: `upload${count > 1 ? `, ${count} at once` : ""}, ${known ? "of known length" : "of unknown length"}`,
      goal: 2,
      limit: TWO_DIGESTS,
      measure: (kept: Kept) => uploads(kept, { known, count }),
    })),
  ),
  { what: "download", goal: 1.3, limit: COPYING, measure: (kept) => warmDownloads(kept) },
  { what: "download, 8 at once", goal: 1.2, limit: COPYING, measure: (kept) => warmDownloads(kept, 8) },
  { what: "download, cold", limit: "the disk", measure: coldDownload },
  {
    what: "ranges of 1 MiB",
    limit: "a connection of its own for each, and the worker's leave",
    measure: ranges,
  },
];

/** A download, and nginx's of the same file; and what nginx is beside Glance, which nobody who copies can be much beyond. */
async function besideNginx({ ours, theirs }: Pair<Kept>, { runs, dir }: Effort): Promise<string[][]> {
  const file = ours.side.fileOf(ours.id);
  await using nginx = await Nginx.start(dir, dirname(file));
  const nginxs = async () => {
    const download = () =>
      mibPerSecond(ours.bytes, () => receive(`${nginx.url}/${basename(file)}`, {}, ours.bytes));
    await download();
    return download();
  };
  const own = () => warmDownloads(ours);
  const glances = () => warmDownloads(theirs);
  const row = { unit: "MiB/s", limit: COPYING };
  return told([
    {
      ...{ ...row, what: "fast: download, and nginx's in Glance's place", goal: 0.9 },
      ...(await inTurn(runs, { ours: own, theirs: nginxs }, (measure) => measure())),
    },
    {
      ...{ ...row, what: "fast: nginx's in Glimpse's place, and Glance's" },
      ...(await inTurn(runs, { ours: nginxs, theirs: glances }, (measure) => measure())),
    },
  ]);
}

/** A table of transfers into the `file` stores of both, and out of them. */
export async function peerTransfer(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows = await withKept(both, { store: "fast", bytes: effort.alone }, async (kept) => [
    ...(await compare(kept, WORKS, effort)),
    ...(await besideNginx(kept, effort)),
  ]);
  return {
    title: `Transfers of ${sizeName(effort.alone)} beside Glance: a directory`,
    columns: COLUMNS,
    rows,
  };
}
