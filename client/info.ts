import { jsonOf, jsonRequest, type Session } from "./session.ts";

/** What the service says of its stores; with `detail`, which is for administrators, also how each is kept. */
export async function storesInfo(
  session: Session,
  { detail }: { detail: boolean },
): Promise<Readonly<Record<string, unknown>>> {
  return jsonOf(await session.image(jsonRequest("GET", `/v2/info/stores${detail ? "/detail" : ""}`)));
}

export interface QuotaUsage {
  readonly limit: number;
  readonly usage: number;
}

/** Of each quota of the caller's project what it is and how much is used; empty where there are none. */
export async function usageInfo(session: Session): Promise<Readonly<Record<string, QuotaUsage>>> {
  const answer = await session.image(jsonRequest("GET", "/v2/info/usage"));
  return (await jsonOf<{ usage: Record<string, QuotaUsage> }>(answer)).usage;
}
