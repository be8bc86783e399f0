import type { NewTask } from "../domain/task.ts";
import type { ClaimedHash } from "../domain/validation-data.ts";
import type { DigestAlgo, DigestState } from "./resumable-digest.ts";

/** What a `POST …/locations` asked for. */
export interface WantedLocation {
  readonly task: NewTask;
  readonly url: string;
  readonly claimed?: ClaimedHash;
  /** How many images of the owner may be written at a time; one that is to be verified counts. Null: any number. */
  readonly mostUploading?: number | null;
}

/** A location that is being added, and its progress. */
export interface ImportJob extends WantedLocation {
  readonly phase: /** Nothing is recorded yet. */
    | "resolve"
    /** The image is `importing`, or active already, and its bytes are being read. */
    | "hash"
    /** It failed before anything was recorded; the task has yet to be told. */
    | "failed";
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly message?: string;
  readonly hashing?: Hashing;
}

/** Where the bytes are, and what is known about them so far. */
export interface Hashing {
  readonly store: string;
  readonly size: number;
  readonly algo: DigestAlgo;
  readonly done: number;
  /** Absent before the first byte, and if the store computes the hashes. */
  readonly digests?: { readonly md5: DigestState; readonly strong: DigestState };
  readonly version?: string;
}

const TABLE = `CREATE TABLE IF NOT EXISTS location_import (
  one INTEGER PRIMARY KEY CHECK (one = 1), task TEXT NOT NULL, revision INTEGER NOT NULL, job TEXT NOT NULL
)`;

/** A job as it was read. The revision says on which state the next write was decided. */
export interface KeptJob extends ImportJob {
  readonly revision: number;
}

/**
 * What an image's object remembers of a location that is being added, in its own SQLite (docs/storage-schema.md). There
 * is at most one: it is the lock that refuses a second request.
 */
export class ImportLedger {
  readonly #sql: SqlStorage;
  /** Most images never have a job, and so no table. Undefined until somebody has looked. */
  #hasTable: boolean | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** To be called after the object's storage was emptied. */
  forget(): void {
    this.#hasTable = false;
  }

  job(): KeptJob | undefined {
    if (!this.#isThere()) return undefined;
    const [row] = this.#exec<{ revision: number; job: string }>(
      "SELECT revision, job FROM location_import",
    ).toArray();
    return row && { ...(JSON.parse(row.job) as ImportJob), revision: row.revision };
  }

  /** False, and nothing stored, if there is a job already. */
  begin(job: ImportJob): boolean {
    const insert = "INSERT OR IGNORE INTO location_import VALUES (1, ?, 0, ?) RETURNING 1";
    return this.#exec(insert, job.task.id, JSON.stringify(job)).toArray().length > 0;
  }

  /** Replaces the job that was read; undefined if it has changed since, or ended. */
  advance(read: KeptJob, changes: Partial<ImportJob>): KeptJob | undefined {
    const { revision, ...job } = { ...read, ...changes };
    const update =
      "UPDATE location_import SET job = ?, revision = revision + 1 WHERE task = ? AND revision = ? RETURNING 1";
    const moved = this.#exec(update, JSON.stringify(job), read.task.id, revision).toArray().length > 0;
    return moved ? { ...job, revision: revision + 1 } : undefined;
  }

  end(task?: string): void {
    if (!this.#isThere()) return;
    if (task === undefined) this.#exec("DELETE FROM location_import");
    else this.#exec("DELETE FROM location_import WHERE task = ?", task);
  }

  #isThere(): boolean {
    this.#hasTable ??=
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'location_import'").toArray().length > 0;
    return this.#hasTable;
  }

  #exec<T extends Record<string, SqlStorageValue>>(
    query: string,
    ...bindings: SqlStorageValue[]
  ): SqlStorageCursor<T> {
    if (!this.#hasTable) this.#sql.exec(TABLE);
    this.#hasTable = true;
    return this.#sql.exec<T>(query, ...bindings);
  }
}
