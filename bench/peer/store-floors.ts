/** How fast do bytes go into S3 and Swift and out of them by `curl`, which hashes nothing, with no image service in between? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { mibPerSecond, pieceAt } from "../bytes.ts";
import { type Effort, sizeName } from "../effort.ts";
import { Folder } from "../folder.ts";
import type { Environment } from "../store-servers.ts";
import { inTurn, type Pair, told } from "./comparison.ts";
import { writtenBack } from "./rest.ts";
import { type Kept, type Moved, movedCells, uploads, warmDownloads } from "./transfer-work.ts";

/** As the product's segments of Swift are. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
const THIS_STORE = "the store's servers and curl, on the same two cores";

/** Where objects are, by whom curl is let in: lines of its configuration, which no list of processes shows. */
interface Place {
  readonly url: string;
  readonly access: readonly string[];
}

const quoted = (option: string, value: string) => `${option} = ${JSON.stringify(value)}`;

const DISCARDED = quoted("output", "/dev/null");

function s3Place({ S3_ENDPOINT, S3_BUCKET, S3_REGION, ...env }: Environment): Place {
  return {
    url: `${S3_ENDPOINT}/${S3_BUCKET}`,
    access: [
      quoted("aws-sigv4", `aws:amz:${S3_REGION}:s3`),
      quoted("user", `${env.S3_ACCESS_KEY_ID}:${env.S3_SECRET_ACCESS_KEY}`),
      quoted("header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"),
    ],
  };
}

async function swiftPlace(env: Environment): Promise<Place> {
  const headers = { "x-auth-user": env.SWIFT_USER ?? "", "x-auth-key": env.SWIFT_KEY ?? "" };
  const answer = await fetch(env.SWIFT_AUTH_URL ?? "", { headers });
  const [url, token] = ["x-storage-url", "x-auth-token"].map((name) => answer.headers.get(name));
  return {
    url: `${url}/${env.SWIFT_CONTAINER}`,
    access: [quoted("header", `x-auth-token: ${token}`)],
  };
}

/** A request of curl: an object, and lines of its configuration. */
interface Wanted {
  readonly name: string;
  readonly how: readonly string[];
}

/** So many at once, each by a connection of its own. */
async function curl({ url, access }: Place, wanted: readonly Wanted[], atOnce = 1): Promise<void> {
  const requests = wanted.map(({ name, how }) => [
    quoted("url", `${url}/${name}`),
    "fail",
    "silent",
    ...access,
    ...how,
  ]);
  const parallel = atOnce > 1 ? ["silent", "parallel", "parallel-immediate", `parallel-max = ${atOnce}`] : [];
  const child = spawn("curl", ["--config", "-"], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end([...parallel, requests.map((lines) => lines.join("\n")).join("\nnext\n")].join("\n"));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`curl ended with ${code} at ${url}`);
}

function fileOf(path: string, bytes: number): string {
  const file = openSync(path, "w");
  for (let position = 0; position < bytes; ) position += writeSync(file, pieceAt(position));
  closeSync(file);
  return path;
}

interface Objects {
  readonly what: string;
  readonly place: Place;
  readonly names: readonly string[];
  /** What each of them is. */
  readonly file: string;
  /** Parts of them, each got by a request of its own. */
  readonly parts: readonly Wanted[];
}

const PARTS_AT_ONCE = 2;

/** In and out, one by one and two at a time, and gone again; beside an upload of known length by Glance, and a download. */
async function rowsOf(
  { what, place, names, file, parts }: Objects,
  theirs: Kept,
  { runs }: Effort,
): Promise<string[][]> {
  const rate = async (wanted: readonly Wanted[], atOnce?: number): Promise<Moved> => {
    await writtenBack();
    return { rate: await mibPerSecond(theirs.bytes, () => curl(place, wanted, atOnce)), took: {} };
  };
  const each = (...how: string[]) => names.map((name) => ({ name, how }));
  const all = each(DISCARDED);
  // Glance's is warm, too.
  const get = async (wanted: readonly Wanted[], atOnce?: number) => {
    await curl(place, all);
    return rate(wanted, atOnce);
  };
  const upload = () => uploads(theirs, { known: true, count: 1 });
  const download = () => warmDownloads(theirs);
  const works: { way: string; both: Pair<() => Promise<Moved>> }[] = [
    { way: "in", both: { ours: () => rate(each(quoted("upload-file", file))), theirs: upload } },
    { way: "out", both: { ours: () => get(all), theirs: download } },
    {
      way: `out, parts of ${sizeName(SEGMENT_BYTES)} ${PARTS_AT_ONCE} at a time`,
      both: { ours: () => get(parts, PARTS_AT_ONCE), theirs: download },
    },
  ];
  const rows: string[][] = [];
  for (const { way, both } of works) {
    const moved = await inTurn(runs, both, (measure) => measure());
    const row = { what: `${what}, ${way}: curl in Glimpse's place`, unit: "MiB/s", limit: THIS_STORE };
    rows.push(...told([{ ...row, ...movedCells(moved) }]));
  }
  await curl(place, each(quoted("request", "DELETE")));
  return rows;
}

/** Rows of one store: of an object that has all the bytes, and in Swift of segments, of which an image there is made. */
export async function storeFloorRows(
  { theirs }: Pair<Kept>,
  env: Environment,
  effort: Effort,
): Promise<string[][]> {
  const { store, bytes } = theirs;
  if (store === "ceph") return [];
  await using folder = new Folder(effort.dir);
  const place = store === "s3" ? s3Place(env) : await swiftPlace(env);
  const starts = Array.from({ length: bytes / SEGMENT_BYTES }, (_, nth) => nth * SEGMENT_BYTES);
  const whole = {
    what: `${store}: one object`,
    names: ["bench-whole"],
    file: fileOf(join(folder.path, "whole"), bytes),
    parts: starts.map((start) => ({
      name: "bench-whole",
      how: [DISCARDED, quoted("range", `${start}-${start + SEGMENT_BYTES - 1}`)],
    })),
  };
  const rows = await rowsOf({ ...whole, place }, theirs, effort);
  if (store === "s3") return rows;
  const names = starts.map((_, nth) => `bench-segment-${nth}`);
  const segments = {
    what: `${store}: segments of ${sizeName(SEGMENT_BYTES)}`,
    names,
    file: fileOf(join(folder.path, "segment"), SEGMENT_BYTES),
    parts: names.map((name) => ({ name, how: [DISCARDED] })),
  };
  return [...rows, ...(await rowsOf({ ...segments, place }, theirs, effort))];
}
