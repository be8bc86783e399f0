import type { Transition } from "../db/transitions.ts";

/** A running transfer: its holder, where its bytes go, and until when it counts as alive without a sign of life. */
export interface Transfer {
  readonly lease: string;
  readonly key: string;
  readonly store: string;
  readonly location: string;
  /** Milliseconds since the epoch; each heartbeat moves it on. */
  readonly expiresAt: number;
  /** The run of the worker that opened it, where one process is the whole service (boot-id.ts). */
  readonly bootId: string | null;
  /** The relay that holds it; absent when the worker itself moves the bytes. */
  readonly relay?: RelayHolder;
  /** The key turned out to hold someone else's bytes, which must not be removed. */
  readonly keyTaken: boolean;
}

/** The relay to which a lease was issued, in which of its lives, and its upload in parts if there is one. */
export interface RelayHolder {
  readonly id: string;
  readonly bootId: string;
  /** When that life began, in milliseconds since the epoch on the relay's clock. */
  readonly bootedAt: number;
  /** The store's id of the multipart upload; empty before the first part, null if the relay keeps the bytes. */
  readonly multipart: string | null;
}

/** Bytes to be removed. `again`: once more later, because a writer that lost its lease may still write them. */
export interface Removal {
  readonly location: string;
  readonly store: string;
  readonly dueAt: number;
  readonly tries: number;
  readonly again: boolean;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS image (
    one INTEGER PRIMARY KEY CHECK (one = 1), attempts INTEGER NOT NULL, deleted INTEGER NOT NULL
  );
  INSERT OR IGNORE INTO image VALUES (1, 0, 0);
  CREATE TABLE IF NOT EXISTS transfer (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    lease TEXT NOT NULL, key TEXT NOT NULL, store TEXT NOT NULL, location TEXT NOT NULL,
    expires_at INTEGER NOT NULL, boot_id TEXT, key_taken INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS intent (one INTEGER PRIMARY KEY CHECK (one = 1), transition TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS removal (
    location TEXT PRIMARY KEY, store TEXT NOT NULL,
    due_at INTEGER NOT NULL, tries INTEGER NOT NULL, again INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS finished (lease TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS relay_holder (
    lease TEXT PRIMARY KEY, relay TEXT NOT NULL, boot_id TEXT NOT NULL, boot_at INTEGER NOT NULL, multipart TEXT
  );
  CREATE TABLE IF NOT EXISTS part (number INTEGER PRIMARY KEY, etag TEXT NOT NULL, bytes INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS allowance (
    one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL, generation INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);
`;

/** A part that the store has. */
export interface RecordedPart {
  readonly number: number;
  readonly etag: string;
  readonly bytes: number;
}

type Row = Record<string, SqlStorageValue>;

/**
 * What an image's Durable Object remembers, in its own SQLite (docs/storage-schema.md). Every method is synchronous:
 * calls without an `await` between them are one transaction.
 */
export class Ledger {
  readonly #sql: SqlStorage;

  #hasTables = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** To be called after the object's storage was emptied. The tables are created again when needed. */
  forget(): void {
    this.#hasTables = false;
  }

  #exec<T extends Row>(query: string, ...bindings: SqlStorageValue[]): SqlStorageCursor<T> {
    if (!this.#hasTables) this.#sql.exec(TABLES);
    this.#hasTables = true;
    return this.#sql.exec<T>(query, ...bindings);
  }

  /** The number of the next attempt to write this image's bytes, from 1. Each number is given once. */
  nextAttempt(): number {
    return this.#exec<{ attempts: number }>(
      "UPDATE image SET attempts = attempts + 1 RETURNING attempts",
    ).one().attempts;
  }

  markDeleted(): void {
    this.#exec("UPDATE image SET deleted = 1");
  }

  /** Nothing is unfinished for a deleted image, so everything here may be deleted. */
  isSpent(): boolean {
    const { deleted } = this.#exec<{ deleted: number }>("SELECT deleted FROM image").one();
    return deleted === 1 && !this.intent() && !this.transfer() && this.removals().length === 0;
  }

  transfer(): Transfer | undefined {
    const [row] =
      this.#exec<Row>(`SELECT transfer.*, transfer.boot_id run, relay, relay_holder.boot_id relay_boot, boot_at, multipart
       FROM transfer LEFT JOIN relay_holder USING (lease)`).toArray();
    return (
      row && {
        lease: String(row.lease),
        key: String(row.key),
        store: String(row.store),
        location: String(row.location),
        expiresAt: Number(row.expires_at),
        bootId: row.run === null ? null : String(row.run),
        keyTaken: row.key_taken === 1,
        ...(row.relay === null ? {} : { relay: holderOf(row) }),
      }
    );
  }

  open(t: Transfer): void {
    this.#exec(
      "INSERT OR REPLACE INTO transfer VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
      ...[t.lease, t.key, t.store, t.location, t.expiresAt, t.bootId, t.keyTaken ? 1 : 0],
    );
    this.#exec("DELETE FROM part; DELETE FROM allowance");
    if (t.relay)
      this.#exec(
        "INSERT OR REPLACE INTO relay_holder VALUES (?, ?, ?, ?, ?)",
        ...[t.lease, t.relay.id, t.relay.bootId, t.relay.bootedAt, t.relay.multipart],
      );
  }

  renew(expiresAt: number): void {
    this.#exec("UPDATE transfer SET expires_at = ?", expiresAt);
  }

  disownKey(): void {
    this.#exec("UPDATE transfer SET key_taken = 1");
  }

  /**
   * Ends the transfer. A completed lease is remembered, so that its holder may repeat the request and get the same
   * answer.
   */
  close(finished?: string): void {
    this.#exec("DELETE FROM transfer; DELETE FROM relay_holder; DELETE FROM part; DELETE FROM allowance");
    if (finished) this.#exec("INSERT OR IGNORE INTO finished VALUES (?)", finished);
  }

  isFinished(lease: string): boolean {
    return this.#exec("SELECT 1 FROM finished WHERE lease = ?", lease).toArray().length > 0;
  }

  /** What the transfer may write in all, and the row's generation for which this was granted. */
  allow(bytes: number, generation: number): void {
    this.#exec("INSERT OR REPLACE INTO allowance VALUES (1, ?, ?)", bytes, generation);
  }

  allowance(): { readonly bytes: number; readonly generation: number } | undefined {
    return this.#exec<{ bytes: number; generation: number }>(
      "SELECT bytes, generation FROM allowance",
    ).toArray()[0];
  }

  openParts(multipart: string): void {
    this.#exec("UPDATE relay_holder SET multipart = ?", multipart);
  }

  /** Records a part that the store has. If it was sent again, the last one counts, as for the store. */
  recordPart(number: number, part: { etag: string; bytes: number }): void {
    this.#exec("INSERT OR REPLACE INTO part VALUES (?, ?, ?)", number, part.etag, part.bytes);
  }

  parts(): RecordedPart[] {
    return this.#exec<Row>("SELECT * FROM part ORDER BY number")
      .toArray()
      .map((row) => ({ number: Number(row.number), etag: String(row.etag), bytes: Number(row.bytes) }));
  }

  /** Remembers a nonce until `expires` (milliseconds); false if it was there already. */
  spendNonce(nonce: string, expires: number, now: number): boolean {
    this.#exec("DELETE FROM nonce WHERE expires_at < ?", now);
    return (
      this.#exec(
        "INSERT INTO nonce VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
        nonce,
        expires,
      ).toArray().length > 0
    );
  }

  intent(): Transition | undefined {
    const [row] = this.#exec<{ transition: string }>("SELECT transition FROM intent").toArray();
    return row && (JSON.parse(row.transition) as Transition);
  }

  intend(transition: Transition): void {
    this.#exec("INSERT OR REPLACE INTO intent VALUES (1, ?)", JSON.stringify(transition));
  }

  clearIntent(): void {
    this.#exec("DELETE FROM intent");
  }

  /** Queues bytes for removal. Queued twice, they are removed once, at the earlier time. */
  remove(bytes: { location: string; store: string }, dueAt: number, again: boolean): void {
    this.#exec(
      `INSERT INTO removal VALUES (?, ?, ?, 0, ?)
       ON CONFLICT (location) DO UPDATE SET due_at = min(due_at, excluded.due_at), again = max(again, excluded.again)`,
      ...[bytes.location, bytes.store, dueAt, again ? 1 : 0],
    );
  }

  removals(): Removal[] {
    return this.#exec<Row>("SELECT * FROM removal ORDER BY due_at")
      .toArray()
      .map((row) => ({
        location: String(row.location),
        store: String(row.store),
        dueAt: Number(row.due_at),
        tries: Number(row.tries),
        again: row.again === 1,
      }));
  }

  postpone(location: string, dueAt: number, tries: number, again: boolean): void {
    this.#exec(
      "UPDATE removal SET due_at = ?, tries = ?, again = ? WHERE location = ?",
      ...[dueAt, tries, again ? 1 : 0, location],
    );
  }

  removed(location: string): void {
    this.#exec("DELETE FROM removal WHERE location = ?", location);
  }
}

const holderOf = (row: Row): RelayHolder => ({
  id: String(row.relay),
  bootId: String(row.relay_boot),
  bootedAt: Number(row.boot_at),
  multipart: row.multipart === null ? null : String(row.multipart),
});
