/** This service's own credentials at a Keystone: an application credential, or a user and a project. */
export interface KeystoneCredentials {
  readonly applicationCredentialId?: string | undefined;
  readonly user?: string | undefined;
  readonly userDomainId?: string | undefined;
  readonly userDomainName?: string | undefined;
  readonly projectName?: string | undefined;
  readonly projectDomainId?: string | undefined;
  readonly projectDomainName?: string | undefined;
}

/** The `auth` of `POST /v3/auth/tokens`. */
export function keystoneAuth(credentials: KeystoneCredentials, secret: string): object {
  const { applicationCredentialId: id, projectName, user: name } = credentials;
  if (id !== undefined)
    return { identity: { methods: ["application_credential"], application_credential: { id, secret } } };
  const user = {
    name,
    domain: domainOf(credentials.userDomainId, credentials.userDomainName),
    password: secret,
  };
  const domain = domainOf(credentials.projectDomainId, credentials.projectDomainName);
  return {
    identity: { methods: ["password"], password: { user } },
    scope: { project: { name: projectName, domain } },
  };
}

const domainOf = (id: string | undefined, name: string | undefined) =>
  id !== undefined ? { id } : name !== undefined ? { name } : { id: "default" };

/** The v3 root of a URL that may or may not include it. */
export function v3Root(authUrl: string): string {
  const root = authUrl.replace(/\/+$/, "");
  return root.endsWith("/v3") ? root : `${root}/v3`;
}
