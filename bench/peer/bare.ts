/** How often a small answer comes through two processes that do nothing else: what a relay and a worker can be beside. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Effort } from "../effort.ts";
import { repeat } from "../figures.ts";
import { rateComparisons, told } from "./comparison.ts";
import { load } from "./load.ts";

const SERVER = fileURLToPath(new URL("bare-server.ts", import.meta.url));

async function started(servers: ChildProcess[], behind: readonly string[]): Promise<string> {
  const server = fork(SERVER, behind);
  servers.push(server);
  const [port] = (await once(server, "message")) as [number];
  return `http://127.0.0.1:${port}`;
}

/** Rows of two bare Node servers in a row, by so many connections. */
export async function bareRows(effort: Effort, connections: readonly number[]): Promise<string[][]> {
  const servers: ChildProcess[] = [];
  const rows: string[][] = [];
  try {
    const url = await started(servers, [await started(servers, [])]);
    for (const many of connections) {
      const asked = { url, headers: {}, paths: ["/"], connections: many, seconds: effort.seconds };
      const ours = await repeat(effort.runs, () => load(asked));
      const row = {
        what: `two Node servers in a row that do nothing × ${many}`,
        unit: "requests/s",
        limit: "this machine",
      };
      rows.push(...told(rateComparisons(row, { ours, theirs: [] }, [])));
    }
    return rows;
  } finally {
    for (const server of servers) server.kill();
  }
}
