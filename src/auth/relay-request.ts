import { SITE, SITE_PROOF } from "../../protocol/control.ts";
import { AUTHORIZATION } from "../../protocol/headers.ts";
import { type SigningKey, verify } from "../../protocol/signing.ts";
import { verifySite } from "../../protocol/site.ts";
import { ServiceError } from "../domain/errors.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import { SEEN_BEFORE } from "../durable/refusals.ts";
import type { Nonce } from "../durable/transfers.ts";
import type { Config, Env, RelayConfig } from "../env.ts";
import { RELAY_CLOCK_SECONDS } from "../limits.ts";

/** A relay's signed request, before its body is read. */
export interface RelayRequest {
  readonly relay: RelayConfig;
  /** What the signature says about the body (protocol/signing.ts). */
  readonly payload: string;
  /** For the image's object, which spends it together with the request: all isolates share the object. */
  readonly nonce: Nonce;
  /** Spends it by itself, before the request is carried out. Rejects `replayed`. */
  spend(imageId: string): Promise<void>;
}

/** Checks the signature. Rejects `unauthorized` if it is forged, expired, or made for another request. */
export async function relayRequest(env: Env, config: Config, request: Request): Promise<RelayRequest> {
  const { pathname: path, search } = new URL(request.url);
  const asked = { method: request.method, path, query: search.slice(1) };
  let spent: Nonce | undefined;
  const verdict = await verify(asked, request.headers.get(AUTHORIZATION) ?? undefined, {
    ...now(config),
    remember: (nonce, expires) => {
      spent = { nonce, expires };
      return true;
    },
  });
  if (!verdict.ok || !spent) throw refused(verdict.ok ? "The request has no nonce." : verdict.message);
  const nonce = spent;
  return {
    relay: relayOf(config, verdict.keyId),
    payload: verdict.payload,
    nonce,
    async spend(imageId) {
      const isNew = await ask(async () => coordinatorOf(env, imageId).spendNonce(nonce));
      if (!isNew) throw new ServiceError(SEEN_BEFORE.kind, SEEN_BEFORE.message);
    },
  };
}

const refused = (message: string) => new ServiceError("unauthorized", message);

const now = ({ relays }: Config) => ({
  keys: relays.flatMap(({ keys }): readonly SigningKey[] => keys),
  windowSeconds: RELAY_CLOCK_SECONDS,
  now: Date.now(),
});

/** Key ids are unique across all relays (env.ts), so a key that was found belongs to one. */
const relayOf = ({ relays }: Config, keyId: string): RelayConfig =>
  relays.find(({ keys }) => keys.some(({ id }) => id === keyId)) as RelayConfig;

/** Proofs that were valid, so that many requests by one address need only one check. */
const proven = new Map<string, number>();
const PROOFS = 256;

/**
 * The front-door address by which the client came, for links; undefined unless a relay vouches for it. An invalid proof
 * is no reason to refuse the request: it only names an address.
 */
export async function siteOf(config: Config, headers: Headers): Promise<string | undefined> {
  const site = headers.get(SITE);
  const proof = headers.get(SITE_PROOF);
  if (!site || !proof || config.relays.length === 0) return undefined;
  const name = `${proof} ${site}`;
  const goodUntil = proven.get(name) ?? 0;
  if (goodUntil > Date.now()) return site;
  if (!(await verifySite(site, proof, now(config))).ok) return undefined;
  if (proven.size >= PROOFS) proven.clear();
  proven.set(name, Date.now() + RELAY_CLOCK_SECONDS * 1000);
  return site;
}
