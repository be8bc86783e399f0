/**
 * How fast do bytes go into Ceph and out again, beside a directory on the same disk, and beside what Ceph gives its own
 * tool?
 *
 * One Ceph on loopback, by the scripts in ../shared/services: its OSD shares the machine's processors with the product and
 * the client, and its figures are a floor of what a cluster of its own gives.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { mibPerSecond } from "./bytes.ts";
import { amount, type Effort, inMiB } from "./effort.ts";
import { figure, repeat } from "./figures.ts";
import { FILE_STORE, Product } from "./product.ts";
import { Servers } from "./store-servers.ts";
import type { Section } from "./table.ts";
import { COLUMNS, inAndOut, row } from "./transfer.ts";

const run = promisify(execFile);

/** What the product itself uses: relay/drivers/rbd. */
const IO_SIZE = "4M";
const AT_ONCE = "3";

/** MiB/s of `rbd bench`, one after the other into an image that is made for it, and out of it. */
async function rbdBench(servers: Servers, bytes: number): Promise<{ write: number; read: number }> {
  const { CEPH_CONF = "", CEPH_CLIENT = "", RBD_POOL = "" } = servers.ceph;
  const image = `${RBD_POOL}/bench`;
  const rbd = (...args: string[]) => run("rbd", ["-c", CEPH_CONF, "--id", CEPH_CLIENT, ...args]);
  await rbd("create", "--size", `${inMiB(bytes)}M`, image);
  const rate = async (type: "write" | "read") => {
    const sizes = ["--io-size", IO_SIZE, "--io-threads", AT_ONCE, "--io-total", `${inMiB(bytes)}M`];
    return mibPerSecond(bytes, () => rbd("bench", "--io-type", type, "--io-pattern", "seq", ...sizes, image));
  };
  try {
    return { write: await rate("write"), read: await rate("read") };
  } finally {
    await rbd("rm", "--no-progress", image);
  }
}

/** A table of transfers into Ceph and a directory, and of what Ceph's own tool does. */
export async function rbd(effort: Effort): Promise<Section> {
  await using servers = await Servers.start(effort.dir);
  const stores = [FILE_STORE, ...servers.stores.ours.slice(0, 1)];
  await using product = await Product.start(effort.dir, { settings: { stores } });
  const bytes = effort.alone;
  const rows: string[][] = [];
  for (const store of ["file", "ceph"])
    for (const count of [1, 4]) {
      const kind = { store, way: "front door", count, bytes: bytes / count } as const;
      const runs = await repeat(effort.runs, () => inAndOut(product, kind));
      const what = `${amount(kind)}, store ${store === "ceph" ? "rbd" : store}`;
      const [ups, downs] = [runs.map((each) => each.up), runs.map((each) => each.down)];
      rows.push(row(`upload ${what}`, "front door", ups), row(`download ${what}`, "front door", downs));
    }
  const own = await repeat(effort.runs, () => rbdBench(servers, bytes));
  for (const type of ["write", "read"] as const)
    rows.push([`rbd bench, ${type}`, "", figure(own.map((each) => each[type])), "", "", ""]);
  return {
    title: "Ceph RBD",
    note: `Ceph's own tool has ${AT_ONCE} operations of ${IO_SIZE} under way at a time and hashes nothing. Hashing and the disk alone are among the ceilings.`,
    columns: COLUMNS,
    rows,
  };
}
