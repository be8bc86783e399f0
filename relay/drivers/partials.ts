import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { constants, type FileHandle, mkdir, open, readdir, rm, rmdir, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { codeOf, unlessAbsent } from "./disk-error.ts";

const FOLDER = ".glimpse-partial";
const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/**
 * Whether a process on another machine lives cannot be checked. Files that it has not touched for a day are leftovers.
 */
const FOREIGN_SECONDS = 86_400;

export interface Partial {
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * The files that uploads write before they are published: `<dir>/.glimpse-partial/<process>/<key>~<random>`, on the
 * same file system as the published files. The folder names the process that owns them, so that the next start knows
 * which of them a crash left behind and leaves a second relay on the same directory alone.
 */
export class Partials {
  readonly #folder: string;
  readonly #mine: string;

  constructor(dir: string) {
    this.#folder = join(dir, FOLDER);
    this.#mine = join(this.#folder, processName(process.pid));
  }

  async create(key: string): Promise<Partial> {
    const path = join(this.#mine, `${key}~${randomBytes(8).toString("hex")}`);
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
    try {
      return { path, file: await open(path, flags, FILE_MODE) };
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      await mkdir(this.#mine, { recursive: true, mode: FOLDER_MODE });
      return { path, file: await open(path, flags, FILE_MODE) };
    }
  }

  /** The same file, opened for writes that bypass the page cache; undefined where that is not supported. */
  async openDirect({ path }: Partial): Promise<FileHandle | undefined> {
    const { O_DIRECT, O_NOFOLLOW, O_WRONLY } = constants;
    // Node lacks the constant on systems without the flag; some file systems refuse it.
    if (!(O_DIRECT as number | undefined)) return undefined;
    return open(path, O_WRONLY | O_NOFOLLOW | O_DIRECT).catch(() => undefined);
  }

  /** Removes a key's partial files, whoever writes them: a file that is gone cannot be published. */
  async removeOf(key: string): Promise<void> {
    for (const owner of await namesIn(this.#folder))
      for (const name of await namesIn(join(this.#folder, owner)))
        if (name.startsWith(`${key}~`)) await unlessAbsent(() => unlink(join(this.#folder, owner, name)));
  }

  /** Removes what dead processes left behind. */
  async removeLeftovers(): Promise<void> {
    for (const owner of await namesIn(this.#folder))
      if (await this.#isGone(owner)) await rm(join(this.#folder, owner), { recursive: true, force: true });
  }

  /** Leaves the directory as if nothing had been uploaded. */
  async close(): Promise<void> {
    for (const folder of [this.#mine, this.#folder]) await rmdir(folder).catch(() => {});
  }

  async #isGone(owner: string): Promise<boolean> {
    const [host, pid = ""] = owner.split("~");
    if (host === hostname()) return owner !== processName(Number(pid));
    const folder = join(this.#folder, owner);
    const touched = await Promise.all(
      [folder, ...(await namesIn(folder)).map((name) => join(folder, name))].map((path) =>
        stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      ),
    );
    return Math.max(...touched) < Date.now() - FOREIGN_SECONDS * 1000;
  }
}

/** Equal for two processes only if they are the same one: a process id is reused, but not with the same start time. */
function processName(pid: number): string {
  return [hostname(), pid, startTime(pid)].join("~");
}

/** In clock ticks since boot; empty if the process is gone or the system does not say. */
function startTime(pid: number): string {
  try {
    // The second field is the program's name in parentheses and may contain anything; the start time is the 22nd.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "");
    return fields.split(" ")[19] ?? "";
  } catch {
    return isAlive(pid) ? "alive" : "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}
