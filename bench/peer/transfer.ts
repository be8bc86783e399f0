/**
 * How fast do bytes go in and out of a directory, by both, and by nginx?
 *
 * Ours syncs what it writes; Glance does not.
 */
import { basename, dirname } from "node:path";
import { mibPerSecond, receive } from "../bytes.ts";
import { type Effort, sizeName } from "../effort.ts";
import { HASHING_SERVER, received } from "../floors/bytes.ts";
import { Folder } from "../folder.ts";
import { Forked } from "../forked.ts";
import type { Section } from "../table.ts";
import { COLUMNS, inTurn, type Pair, told } from "./comparison.ts";
import { Nginx } from "./nginx.ts";
import { writtenBack } from "./rest.ts";
import { startBoth } from "./sides.ts";
import {
  coldDownload,
  compare,
  firstDownload,
  type Kept,
  type Moved,
  movedCells,
  ranges,
  uploads,
  type Work,
  warmDownloads,
  withKept,
} from "./transfer-work.ts";

const PLAIN_SERVER = new URL("../plain-server.ts", import.meta.url);

const TWO_DIGESTS = "both cores, of whose time the two digests take more than half";
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
  { what: "download, the first after its upload", limit: "the disk, for ours", measure: firstDownload },
  { what: "download, cold", limit: "the disk", measure: coldDownload },
  {
    what: "ranges of 1 MiB",
    limit: "a connection of its own for each, and the worker's leave",
    measure: ranges,
  },
];

/**
 * Downloads, and those of others in their turn, of the same file: nginx, which gives the file to the socket unread; a Node
 * server that does nothing else; Glance.
 */
async function besideOthers({ ours, theirs }: Pair<Kept>, { runs, dir }: Effort): Promise<string[][]> {
  const file = ours.side.fileOf(ours.id);
  await using nginx = await Nginx.start(dir, dirname(file));
  await using node = await Forked.start(PLAIN_SERVER, dirname(file));
  const fromServer =
    ({ url }: { url: string }, count: number) =>
    async (): Promise<Moved> => {
      const download = () => receive(`${url}/${basename(file)}`, {}, ours.bytes);
      await download();
      const all = () => Promise.all(Array.from({ length: count }, download));
      return { rate: await mibPerSecond(count * ours.bytes, all), took: {} };
    };
  const by = (count: number) => ({
    ours: () => warmDownloads(ours, count),
    theirs: () => warmDownloads(theirs, count),
    nginx: fromServer(nginx, count),
    node: fromServer(node, count),
  });
  const [one, eight] = [by(1), by(8)];
  const rows: string[][] = [];
  for (const { what, goal, ...beside } of [
    {
      what: "download, and nginx's in Glance's place",
      ours: one.ours,
      theirs: one.nginx,
      goal: { goal: 0.9 },
    },
    { what: "a bare Node server's in Glimpse's place, and nginx's", ours: one.node, theirs: one.nginx },
    { what: "a bare Node server's in Glimpse's place, and Glance's", ours: one.node, theirs: one.theirs },
    { what: "nginx's in Glimpse's place, and Glance's", ours: one.nginx, theirs: one.theirs },
    { what: "8 at once: a bare Node server's in Glimpse's place", ours: eight.node, theirs: eight.theirs },
    { what: "8 at once: nginx's in Glimpse's place", ours: eight.nginx, theirs: eight.theirs },
  ]) {
    const both = await inTurn(runs, beside, (measure) => measure());
    rows.push(
      ...told([{ what: `fast: ${what}`, unit: "MiB/s", limit: COPYING, ...goal, ...movedCells(both) }]),
    );
  }
  return rows;
}

/** Uploads into a bare Node server that hashes, writes and syncs as ours must, in the place of ours: the floor in the same run. */
async function bareUploads({ theirs }: Pair<Kept>, { runs, dir }: Effort): Promise<string[][]> {
  await using folder = new Folder(dir);
  await using server = await Forked.start(HASHING_SERVER, folder.path);
  const rows: string[][] = [];
  for (const count of [1, 4]) {
    const bare = async (): Promise<Moved> => {
      await writtenBack();
      const { cpu, speed } = await received(server, { count, bytes: theirs.bytes });
      return { rate: speed, took: { server: cpu } };
    };
    const both = await inTurn(
      runs,
      { ours: bare, theirs: () => uploads(theirs, { known: false, count }) },
      (measure) => measure(),
    );
    const what = `fast: upload${count > 1 ? `, ${count} at once` : ""}: a bare Node server's in Glimpse's place`;
    rows.push(...told([{ what, unit: "MiB/s", limit: TWO_DIGESTS, ...movedCells(both) }]));
  }
  return rows;
}

/** A table of transfers into the `file` stores of both, and out of them. */
export async function peerTransfer(effort: Effort): Promise<Section> {
  await using both = await startBoth(effort.dir);
  const rows = await withKept(both, { store: "fast", bytes: effort.alone }, async (kept) => [
    ...(await compare(kept, WORKS, effort)),
    ...(await bareUploads(kept, effort)),
    ...(await besideOthers(kept, effort)),
  ]);
  return {
    title: `Transfers of ${sizeName(effort.alone)} beside Glance: a directory`,
    columns: COLUMNS,
    rows,
  };
}
