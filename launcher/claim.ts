import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { makeDirectory } from "../relay/make-directory.ts";
import { writeFileSafely } from "./files.ts";
import { childrenOf, end, isAlive, type ProcessId } from "./processes.ts";
import { Unusable } from "./unusable.ts";

/** A data directory that this launcher alone uses until it ends, however it ends. */
export interface Claim {
  /** Records the launcher's child processes, so that the next start can end them if this launcher cannot. */
  recordChildren(): void;
  release(): void;
}

const processIds = z.array(z.object({ pid: z.int().positive(), startedAt: z.string() }));

const RUN_FILE = "run.json";

const SQLITE_BUSY = 5;

/** A launcher that was just killed holds its lock until the kernel has cleaned up after it. */
const LOCK_MILLISECONDS = 1000;

/**
 * Claims the directory, and ends what a killed launcher left running in it. The claim is a lock that the kernel
 * releases with the process, so it cannot be stale. Rejects `Unusable`, and touches nothing, when another launcher
 * holds it.
 */
export async function claim(dataDir: string): Promise<Claim> {
  const lock = await lockOf(dataDir);
  const runFile = join(dataDir, RUN_FILE);
  try {
    await endOrphans(recordedIn(runFile));
  } catch (error) {
    lock.close();
    throw error;
  }
  let recorded = "";
  return {
    recordChildren() {
      const children = JSON.stringify(childrenOf(process.pid));
      if (children !== recorded) writeFileSafely(runFile, children, 0o600);
      recorded = children;
    },
    release() {
      writeFileSafely(runFile, "[]", 0o600);
      lock.close();
    },
  };
}

/**
 * What an earlier start recorded. Throws `Unusable` when it cannot be read: two workers would then write one catalogue.
 */
function recordedIn(runFile: string): readonly ProcessId[] {
  if (!existsSync(runFile)) return [];
  try {
    return processIds.parse(JSON.parse(readFileSync(runFile, "utf8")));
  } catch {
    throw new Unusable(
      `${runFile} is damaged: what an earlier start may have left running is not known.`,
      "See that no workerd and no relay of it runs any more, remove the file, and start again.",
    );
  }
}

async function lockOf(dataDir: string): Promise<DatabaseSync> {
  let lock: DatabaseSync | undefined;
  try {
    await makeDirectory(dataDir, 0o700);
    lock = new DatabaseSync(join(dataDir, "lock.sqlite"), { timeout: LOCK_MILLISECONDS });
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === SQLITE_BUSY)
      throw new Unusable(
        `Another Glimpse runs on the data in ${dataDir}.`,
        "Stop it first, or start with another --data-dir.",
      );
    throw new Unusable(
      `The data directory ${dataDir} cannot be used: ${message}`,
      "Let this user write there, or start with another --data-dir.",
    );
  }
}

async function endOrphans(orphans: readonly ProcessId[]): Promise<void> {
  for (const orphan of orphans) end(orphan, "SIGKILL");
  for (let tries = 0; orphans.some(isAlive) && tries < 100; tries++) await wait(50);
}
