/** Revokes one token, and forgets those that have expired by now: the table never outgrows the live tokens. */
export async function revokeToken(
  db: D1Database,
  token: { readonly auditId: string; readonly expiresAt: number },
  now: number,
): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM revoked_tokens WHERE expires_at <= ?").bind(now),
    db
      .prepare("INSERT INTO revoked_tokens (audit_id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
      .bind(token.auditId, token.expiresAt),
  ]);
}
