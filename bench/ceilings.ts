/**
 * What could this machine do at best, were there no image service in the way?
 *
 * One thread of each hash, a plain Node program that serves and takes files over loopback (with the same client as the
 * product's transfers), and the disk itself. Measured in the same run, because machines differ from day to day.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { mibPerSecond, pieceAt, receive, send } from "./bytes.ts";
import { amount, type Effort, inMiB, sizeName } from "./effort.ts";
import { figure, repeat } from "./figures.ts";
import { Folder } from "./folder.ts";
import { Forked } from "./forked.ts";
import type { Section } from "./table.ts";

const PLAIN_SERVER = new URL("plain-server.ts", import.meta.url);
const PIECE = pieceAt(0).byteLength;

const hashing = (algo: string, bytes: number) => () => {
  const hash = createHash(algo);
  for (let position = 0; position < bytes; position += PIECE) hash.update(pieceAt(position));
  hash.digest();
};

/** openssl's own figure in MiB/s, or `undefined` where the program is not installed. */
async function opensslSpeed(algo: string): Promise<number | undefined> {
  try {
    const args = ["speed", "-mr", "-seconds", "1", "-bytes", String(PIECE), "-evp", algo];
    const { stdout } = await promisify(execFile)("openssl", args);
    const bytesPerSecond = /^\+F:.*:([\d.]+)$/m.exec(stdout)?.[1];
    return bytesPerSecond === undefined ? undefined : inMiB(Number(bytesPerSecond));
  } catch {
    return undefined;
  }
}

async function diskWrite(path: string, bytes: number): Promise<void> {
  const file = await open(path, "w");
  for (let position = 0; position < bytes; position += PIECE) await file.write(pieceAt(position));
  await file.sync();
  await file.close();
}

async function diskWrites(path: string, effort: Effort): Promise<number[]> {
  return repeat(effort.runs, async () => {
    const speed = await mibPerSecond(effort.ceiling, () => diskWrite(path, effort.ceiling));
    await rm(path);
    return speed;
  });
}

type Row = { readonly what: string; readonly values: readonly number[] };

async function hashes(effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const algo of ["md5", "sha512"]) {
    const node = await repeat(effort.runs, () => mibPerSecond(effort.ceiling, hashing(algo, effort.ceiling)));
    rows.push({ what: `${algo}, one thread, node:crypto`, values: node });
    const openssl = await repeat(effort.runs, () => opensslSpeed(algo));
    const values = openssl.filter((value) => value !== undefined);
    if (values.length > 0) rows.push({ what: `${algo}, one thread, openssl speed`, values });
  }
  return rows;
}

/** Files in, synced and not, and out again: so many at once, each time new ones. */
async function plainTransfers(url: string, { count, bytes }: { count: number; bytes: number }) {
  const files = Array.from({ length: count }, (_, i) => `${url}/image-${i}`);
  const timed = (work: (file: string) => Promise<void>) =>
    mibPerSecond(count * bytes, () => Promise.all(files.map(work)));
  const remove = () => Promise.all(files.map((file) => fetch(file, { method: "DELETE" })));
  const synced = await timed((file) => send(`${file}?sync`, {}, { bytes }));
  await remove();
  const unsynced = await timed((file) => send(file, {}, { bytes }));
  const served = await timed((file) => receive(file, {}, bytes));
  await remove();
  return { synced, unsynced, served };
}

async function plainServer(dir: string, effort: Effort): Promise<Row[]> {
  await using server = await Forked.start(PLAIN_SERVER, dir);
  const rows: Row[] = [];
  for (const kind of [
    { count: 1, bytes: effort.alone },
    { count: 8, bytes: effort.together },
  ]) {
    const runs = await repeat(effort.runs, () => plainTransfers(server.url, kind));
    const size = amount(kind);
    rows.push(
      { what: `plain Node server receives ${size}, no fsync`, values: runs.map((run) => run.unsynced) },
      { what: `plain Node server receives ${size}, fsync`, values: runs.map((run) => run.synced) },
      { what: `plain Node server sends ${size}`, values: runs.map((run) => run.served) },
    );
  }
  return rows;
}

/** A table of what the machine does without an image service. */
export async function ceilings(effort: Effort): Promise<Section> {
  await using folder = new Folder(effort.dir);
  const rows = [
    ...(await hashes(effort)),
    ...(await plainServer(folder.path, effort)),
    {
      what: `sequential disk write of ${sizeName(effort.ceiling)}, fsync`,
      values: await diskWrites(join(folder.path, "written"), effort),
    },
  ];
  return {
    title: "Ceilings",
    columns: ["ceiling", "MiB/s"],
    rows: rows.map(({ what, values }) => [what, figure(values)]),
  };
}
