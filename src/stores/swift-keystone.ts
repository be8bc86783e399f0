import { z } from "zod";
import type { KeystoneCredentials } from "../outbound/keystone-login.ts";

/** This service's own credentials, and which endpoint of Keystone's catalogue it uses. */
export interface KeystoneAccount extends KeystoneCredentials {
  readonly region?: string | undefined;
  readonly interface: "public" | "internal" | "admin";
}

const answer = z.object({
  token: z.object({
    expires_at: z.string(),
    catalog: z
      .array(
        z.object({
          type: z.string(),
          endpoints: z.array(
            z.object({
              interface: z.string(),
              url: z.string(),
              region: z.string().nullish(),
              region_id: z.string().nullish(),
            }),
          ),
        }),
      )
      .default([]),
  }),
});

/** When the token expires, in milliseconds since the epoch, and the object store's URL in the catalogue. */
export function catalogueEndpoint(
  text: string,
  { region, interface: wanted }: KeystoneAccount,
): { expiresAt: number; storageUrl?: string } {
  const { token } = answer.parse(JSON.parse(text));
  const endpoint = token.catalog
    .filter(({ type }) => type === "object-store")
    .flatMap(({ endpoints }) => endpoints)
    .find(
      (found) =>
        found.interface === wanted &&
        (region === undefined || (found.region_id ?? found.region) === region) &&
        /^https?:\/\//.test(found.url),
    );
  return { expiresAt: Date.parse(token.expires_at), ...(endpoint ? { storageUrl: endpoint.url } : {}) };
}
