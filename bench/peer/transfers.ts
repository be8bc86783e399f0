/**
 * How fast do bytes go in and out of a directory, and of Ceph and Swift, by both?
 *
 * The servers of the stores are the same for both, and so are the images, which the other side does not know. Ours syncs
 * what it writes to its directory; Glance does not.
 */
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { receive, send } from "../bytes.ts";
import { mibPerSecond } from "../ceilings.ts";
import { type Effort, sizeName } from "../effort.ts";
import type { Section } from "../table.ts";
import { COLUMNS, type Comparison, inTurn, told } from "./comparison.ts";
import { memoryRows, peakOf } from "./held-memory.ts";
import { Nginx } from "./nginx.ts";
import { Both, forget, type Side } from "./sides.ts";
import { Servers } from "./stores.ts";

const MIB = 1024 * 1024;
const RANGES = 200;
/** As glanceclient sends. uWSGI fails at chunks of a MiB. */
const PIECE = 64 * 1024;

/** One side, as it is asked. */
interface Asked {
  readonly side: Side;
  readonly headers: Readonly<Record<string, string>>;
  readonly store: string;
  readonly bytes: number;
}

const fileUrl = (side: Side, id: string) => `${side.url}/v2/images/${id}/file`;

async function create({ side, headers }: Asked): Promise<string> {
  const answer = await fetch(`${side.url}/v2/images`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ name: "transfer", disk_format: "raw", container_format: "bare" }),
  });
  if (answer.status !== 201) throw new Error(`POST answered ${answer.status}`);
  return ((await answer.json()) as { id: string }).id;
}

export async function remove({ side, headers }: Asked, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const answer = await fetch(`${side.url}/v2/images/${id}`, { method: "DELETE", headers });
    if (answer.status !== 204) throw new Error(`DELETE answered ${answer.status}`);
  }
}

export async function upload(asked: Asked, { known }: { known: boolean }): Promise<string> {
  const id = await create(asked);
  const length: Record<string, string> = known ? { "content-length": String(asked.bytes) } : {};
  const octets = { "content-type": "application/octet-stream", "x-image-meta-store": asked.store };
  await send(fileUrl(asked.side, id), { ...asked.headers, ...octets, ...length }, asked.bytes, PIECE);
  return id;
}

/** All of it is there, or the rate is of something else. */
async function checkWhole({ side, headers, bytes, store }: Asked, id: string): Promise<void> {
  const answer = await fetch(`${side.url}/v2/images/${id}`, { headers });
  const image = (await answer.json()) as { status: string; size: number; stores: string };
  if (image.status !== "active" || image.size !== bytes || image.stores !== store)
    throw new Error(`an upload of ${bytes} bytes into ${store} became ${JSON.stringify(image)}`);
}

/** So many uploads at once, and gone again. */
async function uploads(asked: Asked, { known, count }: { known: boolean; count: number }): Promise<number> {
  let ids: string[] = [];
  // What the other side wrote, or removed, is not written back in this one's time.
  await promisify(execFile)("sync");
  const rate = await mibPerSecond(count * asked.bytes, async () => {
    ids = await Promise.all(Array.from({ length: count }, () => upload(asked, { known })));
  });
  for (const id of ids) await checkWhole(asked, id);
  await remove(asked, ids);
  return rate;
}

export async function downloads(asked: Asked, id: string, count: number): Promise<number> {
  const { side, headers, bytes } = asked;
  return mibPerSecond(count * bytes, () =>
    Promise.all(Array.from({ length: count }, () => receive(fileUrl(side, id), headers, bytes))),
  );
}

/** What others did meanwhile may have put the image out of the page cache: it is read once before. */
async function warmDownloads(asked: Asked, id: string, count: number): Promise<number> {
  await downloads(asked, id, 1);
  return downloads(asked, id, count);
}

/** Of 1 MiB each, one after the other, from all over the image. */
async function ranges({ side, headers, bytes }: Asked, id: string): Promise<number> {
  return mibPerSecond(RANGES * MIB, async () => {
    for (let n = 0; n < RANGES; n++) {
      const start = randomInt(bytes - MIB + 1);
      await receive(fileUrl(side, id), { ...headers, range: `bytes=${start}-${start + MIB - 1}` }, MIB);
    }
  });
}

interface Work {
  readonly what: string;
  readonly goal?: number;
  readonly limit: string;
  readonly measure: (asked: Asked, id: string) => Promise<number>;
}

const UPLOADS = (goal: number, limit: string, counts: readonly number[]): Work[] =>
  counts.flatMap((count) =>
    [true, false].map((known) => ({
      what: `upload${count > 1 ? `, ${count} at once` : ""}, ${known ? "of known length" : "of unknown length"}`,
      goal,
      limit,
      measure: (asked: Asked) => uploads(asked, { known, count }),
    })),
  );

const TWO_DIGESTS = "both cores, of whose time two digests take 2.1 of 3.1 s a GiB";
const COPYING = "the copies that kernel and client make, on two cores, as nginx is";

const FILE_WORK: readonly Work[] = [
  ...UPLOADS(2, TWO_DIGESTS, [1, 4]),
  {
    what: "download",
    goal: 1.3,
    limit: COPYING,
    measure: (asked, id) => warmDownloads(asked, id, 1),
  },
  {
    what: "download, 8 at once",
    goal: 1.2,
    limit: COPYING,
    measure: (asked, id) => warmDownloads(asked, id, 8),
  },
  {
    what: "download, cold",
    limit: "the disk",
    measure: (asked, id) => {
      forget(asked.side.fileOf(id));
      return downloads(asked, id, 1);
    },
  },
  {
    what: "ranges of 1 MiB",
    limit: "a connection of its own for each, and the worker's leave",
    measure: ranges,
  },
];

const STORES = ["ceph", "s3", "swift"];

const STORE_WORK: readonly Work[] = [
  ...UPLOADS(1.2, "the store's servers and two digests, on the same two cores", [1]),
  {
    what: "download",
    goal: 1.2,
    limit: "the store's servers, on the same two cores",
    measure: (asked, id) => warmDownloads(asked, id, 1),
  },
];

async function compare(
  both: Both,
  effort: Effort,
  store: string,
  works: readonly Work[],
): Promise<string[][]> {
  const bytes = effort.alone;
  const asked = { headers: both.headers, store, bytes };
  const [ours, theirs] = [
    { ...asked, side: both.ours },
    { ...asked, side: both.theirs },
  ];
  const ids = { ours: await upload(ours, { known: true }), theirs: await upload(theirs, { known: true }) };
  const rows: string[][] = [];
  let known: readonly number[] = [];
  for (const { what, goal, limit, measure } of works) {
    const rates = await inTurn(
      effort.runs,
      () => measure(ours, ids.ours),
      () => orFailure(measure(theirs, ids.theirs)),
    );
    if (what === "upload, of known length") known = rates.theirs;
    const comparison: Comparison = { what: `${store}: ${what}`, unit: "MiB/s", limit, ...rates };
    const judged = { ...comparison, ...(goal ? { goal } : {}) };
    // Into a store what is aimed at is Glance's rate for a known length, measured just before: without one it is slow, or fails.
    const isUnknown = what === "upload, of unknown length" && store !== "fast";
    const besideKnown = { ...judged, what: `${store}: the same, beside known length there`, theirs: known };
    rows.push(...told(isUnknown ? [comparison, besideKnown] : [judged]));
  }
  if (store === "fast") rows.push(...(await besideNginx({ ours, theirs }, ids, effort)));
  await remove(ours, [ids.ours]);
  await remove(theirs, [ids.theirs]);
  return rows;
}

/** A download, and nginx's of the same file; and what nginx is beside Glance, which nobody who copies can be much beyond. */
async function besideNginx(
  { ours, theirs }: Readonly<Record<"ours" | "theirs", Asked>>,
  ids: Readonly<Record<"ours" | "theirs", string>>,
  effort: Effort,
): Promise<string[][]> {
  const file = ours.side.fileOf(ids.ours);
  await using nginx = await Nginx.start(effort.dir, dirname(file));
  const nginxs = async () => {
    const download = () =>
      mibPerSecond(ours.bytes, () => receive(`${nginx.url}/${basename(file)}`, {}, ours.bytes));
    await download();
    return download();
  };
  const own = () => warmDownloads(ours, ids.ours, 1);
  const row = { unit: "MiB/s", limit: COPYING };
  return told([
    {
      ...{ ...row, what: "fast: download, and nginx's in Glance's place", goal: 0.9 },
      ...(await inTurn(effort.runs, own, nginxs)),
    },
    {
      ...{ ...row, what: "fast: nginx's in Glimpse's place, and Glance's" },
      ...(await inTurn(effort.runs, nginxs, () => warmDownloads(theirs, ids.theirs, 1))),
    },
  ]);
}

/** Glance fails at some work: that is a figure too. */
const orFailure = (measured: Promise<number>): Promise<number> =>
  measured.catch((error: Error) => {
    process.stderr.write(`  Glance: ${error.message}\n`);
    return Number.NaN;
  });

export async function peerTransfers(effort: Effort): Promise<Section> {
  await using both = await Both.start(effort.dir);
  const rows = await compare(both, effort, "fast", FILE_WORK);
  return {
    title: `Transfers of ${sizeName(effort.alone)} beside Glance: a directory`,
    columns: COLUMNS,
    rows,
  };
}

/** Into each of the stores, and out of it. */
async function throughAll(
  side: Side,
  headers: Readonly<Record<string, string>>,
  bytes: number,
): Promise<void> {
  for (const store of STORES) {
    const asked = { side, headers, store, bytes };
    const id = await upload(asked, { known: true });
    await downloads(asked, id, 1);
    await remove(asked, [id]);
  }
}

export async function peerStores(effort: Effort): Promise<Section> {
  await using servers = await Servers.start(effort.dir);
  await using both = await Both.start(effort.dir, servers.stores);
  const rows: string[][] = [];
  for (const store of STORES) rows.push(...(await compare(both, effort, store, STORE_WORK)));
  const peaks = await inTurn(
    effort.runs,
    () => peakOf(both.ours, () => throughAll(both.ours, both.headers, effort.together)),
    () => peakOf(both.theirs, () => throughAll(both.theirs, both.headers, effort.together)),
  );
  rows.push(...told(memoryRows("memory at its peak, all stores", peaks)));
  return {
    title: `Transfers of ${sizeName(effort.alone)} beside Glance: Ceph RBD, S3 and Swift`,
    columns: COLUMNS,
    rows,
  };
}
