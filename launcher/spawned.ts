import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/**
 * Spawns a program, and calls `record` as soon as its process exists. Rejects, with no process left, if there is no room
 * for one (Node throws, or emits `error` and never `exit`) or if `record` throws.
 */
export async function spawned(
  { args, command, options }: Program,
  record: () => void,
): Promise<ChildProcess> {
  const child = spawn(command, args, options);
  await once(child, "spawn");
  try {
    record();
    return child;
  } catch (error) {
    child.kill("SIGKILL");
    await once(child, "exit");
    throw error;
  }
}
