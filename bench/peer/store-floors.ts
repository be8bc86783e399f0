/** How fast do bytes go into S3 and Swift and out of them by `curl`, which hashes nothing, with no image service in between? */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { mibPerSecond, pieceAt } from "../bytes.ts";
import { type Effort, sizeName } from "../effort.ts";
import { Folder } from "../folder.ts";
import { inTurn, type Pair, told } from "./comparison.ts";
import { writtenBack } from "./rest.ts";
import type { Environment } from "./store-servers.ts";
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

/** One request for each object, one after the other by one connection. */
async function curl({ url, access }: Place, names: readonly string[], ...how: string[]): Promise<void> {
  const requests = names.map((name) => [
    quoted("url", `${url}/${name}`),
    "fail",
    "silent",
    ...access,
    ...how,
  ]);
  const child = spawn("curl", ["--config", "-"], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(requests.map((lines) => lines.join("\n")).join("\nnext\n"));
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
}

/** In and out, and gone again; beside an upload of known length by Glance, and a download. */
async function rowsOf(
  { what, place, names, file }: Objects,
  theirs: Kept,
  { runs }: Effort,
): Promise<string[][]> {
  const rate = async (...how: string[]): Promise<Moved> => {
    await writtenBack();
    return { rate: await mibPerSecond(theirs.bytes, () => curl(place, names, ...how)), took: {} };
  };
  const put = () => rate(quoted("upload-file", file));
  const get = () => rate(quoted("output", "/dev/null"));
  const works: { direction: string; both: Pair<() => Promise<Moved>> }[] = [
    { direction: "in", both: { ours: put, theirs: () => uploads(theirs, { known: true, count: 1 }) } },
    { direction: "out", both: { ours: get, theirs: () => warmDownloads(theirs) } },
  ];
  const rows: string[][] = [];
  for (const { direction, both } of works) {
    const moved = await inTurn(runs, both, (measure) => measure());
    const row = { what: `${what}, ${direction}: curl in Glimpse's place`, unit: "MiB/s", limit: THIS_STORE };
    rows.push(...told([{ ...row, ...movedCells(moved) }]));
  }
  await curl(place, names, quoted("request", "DELETE"));
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
  const whole = fileOf(join(folder.path, "whole"), bytes);
  const rows = await rowsOf(
    { what: `${store}: one object`, place, names: ["bench-whole"], file: whole },
    theirs,
    effort,
  );
  if (store === "s3") return rows;
  const names = Array.from({ length: bytes / SEGMENT_BYTES }, (_, nth) => `bench-segment-${nth}`);
  const file = fileOf(join(folder.path, "segment"), SEGMENT_BYTES);
  const what = `${store}: segments of ${sizeName(SEGMENT_BYTES)} one by one`;
  return [...rows, ...(await rowsOf({ what, place, names, file }, theirs, effort))];
}
