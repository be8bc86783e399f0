import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { atRest } from "../processes.ts";
import type { Side } from "./sides.ts";

/** What the other side wrote, or removed, is not written back in the time of whoever comes next. */
export const writtenBack = () => promisify(execFile)("sync");

/** Whose turn is over may still be removing what was deleted: whoever comes next would share the machine with that. */
export const restOf = (side: Pick<Side, "pids">) => atRest(Object.values(side.pids()).flat());
