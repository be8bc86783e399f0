import { type SigningKey, sign, type Verdict, verify } from "./signing.ts";

/**
 * The address by which a client reached a relay's front door, so that the edge can use it in links. The relay signs it;
 * the signature is valid for a while and for every request to that address. It says nothing about the request itself,
 * so replaying it does no harm.
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
