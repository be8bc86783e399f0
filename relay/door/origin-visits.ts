import { REQUEST_ID } from "../../protocol/headers.ts";
import { Nonces } from "../../protocol/nonces.ts";
import { doorOf, HEALTHCHECK } from "../../protocol/paths.ts";
import {
  payloadMatches,
  type SigningKey,
  UNSIGNED_PAYLOAD,
  type Verifier,
  verify,
} from "../../protocol/signing.ts";
import { ServiceError } from "../../src/domain/errors.ts";
import type { ImageStore } from "../../src/stores/contract.ts";
import type { Door, Visit } from "../visits.ts";
import { answerJson, answerRefusal } from "./answer.ts";
import type { Digests } from "./digests.ts";
import { serveDoor } from "./origin-door.ts";

/**
 * More than three thousand requests a second for a clock window of a minute. Each nonce takes about a hundred bytes.
 */
const NONCES = 200_000;

export interface OriginOptions {
  readonly keys: readonly SigningKey[];
  readonly stores: ReadonlyMap<string, ImageStore>;
  readonly clockSeconds: number;
  readonly idleSeconds: number;
  readonly digests: Digests;
}

/** The door where the edge reaches the site's stores: every request is signed. */
export function originDoor(options: OriginOptions): Door {
  const nonces = new Nonces(NONCES, Date.now);
  const windowMilliseconds = options.clockSeconds * 1000;
  const startedAt = Date.now();
  /**
   * What was signed before this process started may have been heard before the restart, whose nonces are forgotten.
   */
  const remember = (nonce: string, expires: number) =>
    expires - windowMilliseconds >= startedAt && nonces.remember(nonce, expires);
  return {
    name: "origin",
    kindOf: ({ path }) => doorOf(path)?.what ?? "other",
    async serve(visit) {
      const { method, path, response } = visit;
      response.setHeader(REQUEST_ID, visit.requestId);
      if (path === HEALTHCHECK && (method === "GET" || method === "HEAD"))
        return answerJson(response, 200, { status: "ok" });
      await requireSignature(visit, options, remember);
      const door = doorOf(path);
      const store = door && options.stores.get(door.store);
      if (!door || !store) throw new ServiceError("notFound", "The relay has no such resource.");
      const { broken, request, sendContinue } = visit;
      const query = new URLSearchParams(visit.query);
      await serveDoor(door, store, {
        broken,
        request,
        response,
        query,
        idleSeconds: options.idleSeconds,
        digests: options.digests,
        sendContinue,
      });
    },
    refuse: ({ request, response, bodyIsComing }, error) =>
      answerRefusal(request, response, error, bodyIsComing()),
  };
}

async function requireSignature(
  { request, method, path, query }: Visit,
  { keys, clockSeconds }: OriginOptions,
  remember: Verifier["remember"],
): Promise<void> {
  const verdict = await verify({ method, path, query }, request.headers.authorization, {
    keys,
    windowSeconds: clockSeconds,
    now: Date.now(),
    remember,
  });
  if (!verdict.ok) throw new ServiceError("unauthorized", verdict.message);
  const signedAsItIs =
    method === "PUT"
      ? verdict.payload === UNSIGNED_PAYLOAD
      : await payloadMatches(verdict.payload, new Uint8Array());
  if (!signedAsItIs)
    throw new ServiceError("unauthorized", "The request's body is not the one that was signed.");
}
