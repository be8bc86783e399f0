import { type SigningKey, sign, type Verdict, verify } from "./signing.ts";

/**
 * The address by which a client reached a relay's front door, so that the edge can name it in links. The relay vouches
 * for it with a signature that is good for a while and for every request that came by that address: it says nothing
 * of the request itself, and heard again it does no harm.
 */
const asRequest = (baseUrl: string) => ({ method: "SITE", path: baseUrl, query: "" });

const NOTHING = new Uint8Array();

/** `now` is milliseconds since the epoch. */
export async function signSite(key: SigningKey, baseUrl: string, now: number): Promise<string> {
  const { authorization = "" } = await sign(key, asRequest(baseUrl), NOTHING, now);
  return authorization;
}

export const verifySite = (
  baseUrl: string,
  proof: string | undefined,
  verifier: { readonly keys: readonly SigningKey[]; readonly windowSeconds: number; readonly now: number },
): Promise<Verdict> => verify(asRequest(baseUrl), proof, { ...verifier, remember: () => true });
