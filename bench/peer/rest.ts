import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What the other side wrote, or removed, is not written back in the time of whoever comes next. */
export const writtenBack = () => promisify(execFile)("sync");
