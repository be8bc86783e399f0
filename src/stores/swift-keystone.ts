import { z } from "zod";

/** This service's account at Keystone, and which endpoint of its catalogue it uses. */
export interface KeystoneAccount {
  readonly applicationCredentialId?: string | undefined;
  readonly user?: string | undefined;
  readonly userDomainId?: string | undefined;
  readonly userDomainName?: string | undefined;
  readonly projectName?: string | undefined;
  readonly projectDomainId?: string | undefined;
  readonly projectDomainName?: string | undefined;
  readonly region?: string | undefined;
  readonly interface: "public" | "internal" | "admin";
}

/** The Keystone v3 login, scoped to the account's project. */
export function keystoneLogin(
  authUrl: string,
  account: KeystoneAccount,
  secret: string,
  withCatalogue: boolean,
): { url: string; body: string } {
  const root = authUrl.replace(/\/+$/, "");
  const url = `${root.endsWith("/v3") ? root : `${root}/v3`}/auth/tokens${withCatalogue ? "" : "?nocatalog"}`;
  return { url, body: JSON.stringify({ auth: authOf(account, secret) }) };
}

function authOf(account: KeystoneAccount, secret: string): object {
  const { applicationCredentialId: id, user: name, projectName } = account;
  if (id !== undefined)
    return { identity: { methods: ["application_credential"], application_credential: { id, secret } } };
  const user = {
    name,
    domain: domainOf(account.userDomainId, account.userDomainName),
    password: secret,
  };
  const domain = domainOf(account.projectDomainId, account.projectDomainName);
  return {
    identity: { methods: ["password"], password: { user } },
    scope: { project: { name: projectName, domain } },
  };
}

const domainOf = (id: string | undefined, name: string | undefined) =>
  id !== undefined ? { id } : name !== undefined ? { name } : { id: "default" };

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
