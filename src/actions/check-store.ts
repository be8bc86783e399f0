import { ServiceError } from "../domain/errors.ts";
import { authorize } from "../domain/policy.ts";
import { isReadOnly } from "../env.ts";
import { errorFields } from "../http/log.ts";
import { isWritable } from "../stores/contract.ts";
import { examineStore, type Finding } from "../stores/examine.ts";
import { openStore } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

export interface StoreCheck {
  readonly store: string;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** Tries what a store needs, from this service, with a few bytes that are removed again. */
export async function checkStore(scope: Scope, id: string): Promise<StoreCheck> {
  const { caller, config, env, log, requestId } = scope;
  authorize("check_store", caller);
  const store = config.stores.find((known) => known.id === id);
  if (!store) throw new ServiceError("notFound", `There is no store ${JSON.stringify(id.slice(0, 64))}.`);
  const opened = openStore(store, config, env, requestId);
  if (!isWritable(opened))
    return {
      store: id,
      ok: true,
      findings: [{ ok: true, what: "reads from whatever server a location names" }],
    };
  const findings: Finding[] = [];
  const failed = (error: unknown) =>
    log.warn("a store does not do what it is tried for", { store: id, ...errorFields(error) });
  for await (const finding of examineStore(opened, { onlyRead: isReadOnly(store), failed }))
    findings.push(finding);
  return { store: id, ok: findings.every(({ ok }) => ok), findings };
}
