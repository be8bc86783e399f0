import { failuresOf, forgetFailures, MAX_FAILURES, recordFailure } from "../db/identity/login-failures.ts";
import { isSecret } from "./password.ts";

/** The owner of the secret: a user or an application credential. */
interface Holder {
  readonly id: string;
  readonly secretHash: string | null;
}

/**
 * Whether the secret is the holder's. A holder that does not exist, has no secret or is locked out takes the same time
 * and gets the same answer as a wrong secret.
 */
export async function proves(db: D1Database, holder: Holder | undefined, secret: string): Promise<boolean> {
  const subjectId = holder?.id ?? "";
  const failures = await failuresOf(db, subjectId, Date.now());
  const right = await isSecret(secret, holder?.secretHash ?? null);
  if (failures >= MAX_FAILURES) return false;
  if (!right) await recordFailure(db, subjectId, Date.now());
  else if (failures > 0) await forgetFailures(db, subjectId);
  return right;
}
