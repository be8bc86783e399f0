import { dataOf, type Schemas } from "./api.ts";
import type { Session } from "./session.ts";

/** A quota, and what is used of it. */
export type QuotaUsage = Schemas["QuotaUsage"];

/** What the service says of its stores; with `detail`, which is for administrators, also how each is kept. */
export const storesInfo = (
  session: Session,
  { detail }: { detail: boolean },
): Promise<Schemas["StoreList"] | Schemas["StoreDetailList"]> =>
  detail ? dataOf(session.api.GET("/v2/info/stores/detail")) : dataOf(session.api.GET("/v2/info/stores"));

/** Of each quota of the caller's project what it is and how much is used; empty where there are none. */
export const usageInfo = async (session: Session): Promise<Schemas["Usage"]> =>
  (await dataOf(session.api.GET("/v2/info/usage"))).usage;

/** Has the service try a store, for administrators: what it found. */
export const checkStore = (session: Session, store: string): Promise<Schemas["StoreCheck"]> =>
  dataOf(session.api.POST("/v2/info/stores/{store_id}/check", { params: { path: { store_id: store } } }));
