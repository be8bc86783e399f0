/**
 * How often, and how soon, would an image be shown, and a page of twenty, by a Node before a worker that do nothing for it, in
 * the place of ours? They stand in a row as the relay and the worker do.
 */
import { WORKERD_V8_FLAGS } from "../../launcher/v8-flags.ts";
import { ask } from "../ask.ts";
import type { Effort } from "../effort.ts";
import { BareWorkerd } from "../floors/bare.ts";
import { Forked } from "../forked.ts";
import type { RequestKind } from "../request-kinds.ts";
import { rateRows, warmUp } from "./request-rates.ts";
import type { Side } from "./sides.ts";

const PROXY = new URL("../floors/bare-proxy.ts", import.meta.url);

const PLACE = "a bare proxy before a bare worker, in Glimpse's place";
const THIS_MACHINE = "this machine";

/** What each is asked for in the place of which kind of requests. */
const FLOORS = [
  { what: `show: ${PLACE}`, path: "/image", kind: "show" },
  { what: "list: the same", path: "/images", kind: "list" },
  { what: "list: the same, out of an object's database", path: "/page/0", kind: "list" },
] as const;

/** Rows of both, in turn with Glance. */
export async function bareRows(
  theirs: Side,
  kinds: readonly RequestKind[],
  goals: Readonly<Record<"show" | "list", readonly (number | undefined)[]>>,
  effort: Effort,
): Promise<string[][]> {
  await using worker = await BareWorkerd.start(effort.dir, ...WORKERD_V8_FLAGS);
  await using proxy = await Forked.start(PROXY, worker.url);
  const bare = { url: proxy.url, headers: {}, pids: () => ({ worker: [worker.pid], relay: [proxy.pid] }) };
  await ask(bare, "GET", "/make-page/0");
  const rows: string[][] = [];
  for (const { what, path, kind } of FLOORS) {
    const asked = { side: bare, paths: [path] };
    await warmUp(asked);
    const { paths = [] } = kinds.find((each) => each.what === kind) ?? {};
    const row = { what, limit: THIS_MACHINE, goals: goals[kind] };
    rows.push(...(await rateRows({ ours: asked, theirs: { side: theirs, paths } }, row, effort)));
  }
  return rows;
}
