import { describe, expect, test } from "vitest";
import { type HomeCatalogue, inHomeCatalogue, tablesRead } from "../../test/support/home-catalogue.ts";
import { type Session, sessionOf } from "../auth/session.ts";
import { sealToken } from "../auth/token.ts";

const TABLES = [
  "application_credentials",
  "projects",
  "revoked_tokens",
  "role_assignments",
  "roles",
  "users",
];
const signingKey = "a signing key of these tests alone, 0123456789";

const ROWS = [
  "INSERT INTO users (id, name) VALUES ('u', 'u'), ('v', 'v')",
  "INSERT INTO projects (id, name) VALUES ('p', 'p')",
  "INSERT INTO roles (id, name) VALUES ('m', 'member'), ('a', 'admin')",
  "INSERT INTO role_assignments (user_id, project_id, role_id) VALUES ('u', 'p', 'm'), ('u', 'p', 'a')",
  `INSERT INTO application_credentials (id, user_id, project_id, name, secret_hash, role_ids)
   VALUES ('c', 'u', 'p', 'c', '', '["m", "a"]')`,
];

/** A catalogue with an administrator whose token an application credential made; `ask` asks for its session. */
const withSession = (
  work: (catalogue: HomeCatalogue & { ask(db?: D1Database): Promise<Session | undefined> }) => Promise<void>,
): Promise<void> =>
  inHomeCatalogue(async (catalogue) => {
    const { db } = catalogue;
    await db.batch(ROWS.map((sql) => db.prepare(sql)));
    const now = Date.now();
    const token = await sealToken(signingKey, {
      userId: "u",
      projectId: "p",
      issuedAt: now,
      expiresAt: now + 3_600_000,
      // Other tests' tokens have other digests, and so other sessions.
      auditId: crypto.randomUUID(),
      auditChainId: "chain",
      methods: ["application_credential"],
      applicationCredentialId: "c",
    });
    await work({ ...catalogue, ask: (asked = db) => sessionOf({ db: asked, signingKey }, token) });
  });

describe("a session that was asked for before", () => {
  test.each<[string, string]>([
    ["a user who is disabled", "UPDATE users SET enabled = 0 WHERE id = 'u'"],
    ["a changed password", "UPDATE users SET tokens_void_until = 9e15 WHERE id = 'u'"],
    ["a user who is deleted", "DELETE FROM users WHERE id = 'u'"],
    ["a project that is disabled", "UPDATE projects SET enabled = 0"],
    ["a project that is deleted", "DELETE FROM projects"],
    ["roles that are taken away", "DELETE FROM role_assignments"],
    ["roles that are deleted", "DELETE FROM roles"],
    ["an application credential that is deleted", "DELETE FROM application_credentials"],
  ])("ends at once by %s, though who asked for that is cut off", async (_what, sql) =>
    withSession(async ({ ask, unheard }) => {
      expect((await ask())?.caller.roles).toContain("admin");
      unheard.prepare(sql).run();
      expect(await ask()).toBeUndefined();
    }),
  );

  test("ends at once by a token that is given back, though who gives it back is cut off", async () =>
    withSession(async ({ ask, unheard }) => {
      const session = await ask();
      unheard
        .prepare("INSERT INTO revoked_tokens (audit_id, expires_at) VALUES (?, 1)")
        .bind(session?.claims.auditId)
        .run();
      expect(await ask()).toBeUndefined();
    }));

  test("has one role less at once", async () =>
    withSession(async ({ ask, unheard }) => {
      expect((await ask())?.caller.roles).toContain("admin");
      unheard.prepare("DELETE FROM role_assignments WHERE role_id = 'a'").run();
      expect((await ask())?.caller.roles).toEqual(["member", "reader"]);
    }));

  /** How often the catalogue is asked for the session after these statements, though it was asked before. */
  async function askedAfter(statements: readonly string[]): Promise<number> {
    let times = 0;
    await withSession(async ({ ask, db }) => {
      await ask();
      await db.batch(statements.map((sql) => db.prepare(sql))).catch(() => undefined);
      const prepare = (sql: string) => {
        times++;
        return db.prepare(sql);
      };
      await ask({ prepare } as unknown as D1Database);
    });
    return times;
  }

  test.each<[string, string[]]>([
    ["a write that failed", ["INSERT INTO users (id) VALUES (NULL)"]],
    ["a batch that failed after its write", ["DELETE FROM role_assignments", "SELEC"]],
  ])("is asked for anew after %s", async (_what, statements) => expect(await askedAfter(statements)).toBe(1));

  test.each<[string, string[]]>([
    ["reads", ["SELECT * FROM users", "SELECT * FROM roles"]],
    ["a write that matches nothing", ["DELETE FROM roles WHERE id = 'x'"]],
    ["a wrong password", ["INSERT INTO login_failures (subject_id, count, since) VALUES ('u', 1, 1)"]],
    [
      "a new image",
      [
        `INSERT INTO images (id, owner, status, visibility, protected, os_hidden, min_disk, min_ram, created_at,
         updated_at, generation) VALUES ('i', 'p', 'queued', 'shared', 0, 0, 0, 0, 1, 1, 0)`,
      ],
    ],
  ])("is not asked for again after %s", async (_what, statements) =>
    expect(await askedAfter(statements)).toBe(0),
  );
});

test("sessions are made of these tables, and of no other", async () =>
  withSession(async ({ ask, sql }) => {
    expect(await tablesRead(sql, ask)).toEqual(TABLES);
  }));

test("no trigger, key or view of another table leads to what sessions are made of", async () =>
  inHomeCatalogue(async ({ sql }) => {
    const named = new RegExp(`\\b(${TABLES.join("|")})\\b`, "i");
    const written = sql
      .exec<{ name: string; sql: string }>(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')",
      )
      .toArray();
    expect(written.filter((each) => named.test(each.sql))).toEqual([]);
    for (const table of TABLES)
      for (const { leads } of sql.exec('SELECT "table" AS leads FROM pragma_foreign_key_list(?)', table))
        expect(TABLES).toContain(leads);
  }));
