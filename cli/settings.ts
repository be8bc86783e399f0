import type {
  ApplicationCredential,
  Credentials,
  Domain,
  InDomain,
  Scope,
} from "@glimpse/client/keystone.ts";
import { type CloudEntry, cloudNamed } from "./clouds.ts";
import { CommandError, usageError } from "./errors.ts";

/**
 * What can be set, each by an option of this name, by its variables in the environment (the first that is set wins),
 * and by its place in clouds.yaml. The names are those of the stock clients.
 */
export const SETTINGS = {
  "os-cloud": { env: ["OS_CLOUD"], help: "entry of clouds.yaml to use, in place of the OS_* variables" },
  "os-auth-type": {
    env: ["OS_AUTH_TYPE"],
    cloud: "auth_type",
    help: "v3password, v3applicationcredential, v3token, admin_token or none",
  },
  "os-auth-url": { env: ["OS_AUTH_URL"], cloud: "auth.auth_url", help: "where the identity service is" },
  "os-username": { env: ["OS_USERNAME"], cloud: "auth.username" },
  "os-user-id": { env: ["OS_USER_ID"], cloud: "auth.user_id" },
  "os-password": {
    env: ["OS_PASSWORD"],
    cloud: "auth.password",
    help: "better in OS_PASSWORD or typed when asked",
  },
  "os-user-domain-name": {
    env: ["OS_USER_DOMAIN_NAME", "OS_DEFAULT_DOMAIN"],
    cloud: "auth.user_domain_name",
  },
  "os-user-domain-id": { env: ["OS_USER_DOMAIN_ID"], cloud: "auth.user_domain_id" },
  "os-project-name": { env: ["OS_PROJECT_NAME", "OS_TENANT_NAME"], cloud: "auth.project_name" },
  "os-project-id": { env: ["OS_PROJECT_ID", "OS_TENANT_ID"], cloud: "auth.project_id" },
  "os-project-domain-name": {
    env: ["OS_PROJECT_DOMAIN_NAME", "OS_DEFAULT_DOMAIN"],
    cloud: "auth.project_domain_name",
  },
  "os-project-domain-id": { env: ["OS_PROJECT_DOMAIN_ID"], cloud: "auth.project_domain_id" },
  "os-domain-name": { env: ["OS_DOMAIN_NAME"], cloud: "auth.domain_name", help: "domain to be scoped to" },
  "os-domain-id": { env: ["OS_DOMAIN_ID"], cloud: "auth.domain_id", help: "domain to be scoped to" },
  "os-system-scope": {
    env: ["OS_SYSTEM_SCOPE"],
    cloud: "auth.system_scope",
    help: '"all" to be scoped to the system',
  },
  "os-token": { env: ["OS_TOKEN"], cloud: "auth.token" },
  "os-auth-token": { env: ["OS_AUTH_TOKEN"], help: "the stock image client's name for --os-token" },
  "os-application-credential-id": {
    env: ["OS_APPLICATION_CREDENTIAL_ID"],
    cloud: "auth.application_credential_id",
  },
  "os-application-credential-name": {
    env: ["OS_APPLICATION_CREDENTIAL_NAME"],
    cloud: "auth.application_credential_name",
  },
  "os-application-credential-secret": {
    env: ["OS_APPLICATION_CREDENTIAL_SECRET"],
    cloud: "auth.application_credential_secret",
  },
  "os-region-name": { env: ["OS_REGION_NAME"], cloud: "region_name" },
  "os-interface": {
    env: ["OS_INTERFACE", "OS_ENDPOINT_TYPE"],
    cloud: "interface",
    help: "public, internal or admin",
  },
  "os-endpoint": {
    env: ["OS_ENDPOINT"],
    cloud: "auth.endpoint",
    help: "the image service, with the types admin_token and none",
  },
  "os-image-url": { env: ["OS_IMAGE_URL"], help: "the image service, in place of the catalogue's" },
  "os-image-endpoint-override": {
    env: ["OS_IMAGE_ENDPOINT_OVERRIDE", "OS_IMAGE_ENDPOINT"],
    cloud: "image_endpoint_override",
    help: "as --os-image-url",
  },
  "os-cacert": { env: ["OS_CACERT"], cloud: "cacert", help: "file of certificates to trust" },
  "os-cert": { env: ["OS_CERT"], cloud: "cert", help: "file with our certificate" },
  "os-key": { env: ["OS_KEY"], cloud: "key", help: "file with our certificate's key" },
} as const satisfies Record<string, SettingSource>;

interface SettingSource {
  readonly env: readonly string[];
  readonly cloud?: string;
  readonly help?: string;
}

export type SettingName = keyof typeof SETTINGS;
export type Environment = Readonly<Record<string, string | undefined>>;
export type Settings = Readonly<Partial<Record<SettingName, string>>> & { readonly insecure?: boolean };

export interface SettingsInput {
  readonly options: Readonly<Partial<Record<SettingName, string>>>;
  readonly insecure?: boolean;
  readonly environment: Environment;
  /** Used in place of the named entry of clouds.yaml. */
  readonly cloud?: CloudEntry;
}

/** The entry of clouds.yaml that an option or the environment names. */
export function cloudOf({ options, environment }: SettingsInput): CloudEntry | undefined {
  const name = options["os-cloud"] || environment.OS_CLOUD;
  return name ? cloudNamed(name, environment) : undefined;
}

/** Options win over the named cloud's entry, or, when no cloud is named, over the environment. Empty means unset. */
export function readSettings(input: SettingsInput): Settings {
  const { options, environment } = input;
  const cloud = input.cloud ?? cloudOf(input);
  const settings: Partial<Record<SettingName, string>> = {};
  for (const [name, source] of Object.entries(SETTINGS) as [SettingName, SettingSource][]) {
    const value =
      options[name] || (cloud ? cloudValue(cloud, source.cloud) : firstSet(source.env, environment));
    if (value) settings[name] = value;
  }
  return { ...settings, ...(input.insecure || cloud?.verify === false ? { insecure: true } : {}) };
}

const firstSet = (names: readonly string[], environment: Environment) =>
  names.map((name) => environment[name]).find(Boolean);

function cloudValue(cloud: CloudEntry, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let at: unknown = cloud;
  for (const key of path.split("."))
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  return at === undefined || at === null || typeof at === "object" ? undefined : String(at);
}

/** The image service's URL, when it is set; otherwise the catalogue has it. */
export const imageEndpointIn = (settings: Settings): string | undefined =>
  settings["os-image-url"] ?? settings["os-image-endpoint-override"] ?? settings["os-endpoint"];

const TYPES: Readonly<Record<string, Credentials["type"]>> = {
  password: "password",
  v3password: "password",
  token: "token",
  v3token: "token",
  v3applicationcredential: "applicationCredential",
  admin_token: "fixed",
  token_endpoint: "fixed",
  none: "fixed",
  noauth: "fixed",
};

/**
 * How to authenticate. Without an auth type this follows from what is set: an application credential, a token (used as
 * it is when an endpoint is set), or a user's password, which is asked for when possible.
 */
export async function credentialsFrom(
  settings: Settings,
  askPassword: () => Promise<string | undefined>,
): Promise<Credentials> {
  const type = typeOf(settings);
  if (type === "fixed") return fixedFrom(settings);
  const problems = missing(settings, type);
  if (problems.length > 0)
    throw usageError(
      `To authenticate, ${AND.format(problems)} must be set.`,
      "Source an openrc file, name a cloud with --os-cloud, or see `glimpse --help`.",
    );
  const authUrl = settings["os-auth-url"] as string;
  if (!/^https?:\/\//.test(authUrl))
    throw usageError(`The auth URL "${authUrl}" is not an http or https URL.`, "Correct OS_AUTH_URL.");
  const scope = scopeFrom(settings);
  if (type === "token") return { type, authUrl, token: tokenIn(settings) as string, scope };
  if (type === "applicationCredential")
    return {
      type,
      authUrl,
      credential: applicationCredentialFrom(settings),
      secret: settings["os-application-credential-secret"] as string,
    };
  const password = settings["os-password"] ?? (await askPassword());
  if (!password)
    throw usageError(
      "To authenticate, a password must be given.",
      "Set OS_PASSWORD, or run this on a terminal to be asked for it.",
    );
  return { type, authUrl, user: userFrom(settings), password, scope };
}

const tokenIn = (settings: Settings) => settings["os-token"] ?? settings["os-auth-token"];

function typeOf(settings: Settings): Credentials["type"] {
  const given = settings["os-auth-type"];
  if (given) {
    const type = TYPES[given.toLowerCase()];
    if (type) return type;
    throw usageError(`The auth type "${given}" is not known.`, `Known are ${Object.keys(TYPES).join(", ")}.`);
  }
  if (settings["os-application-credential-secret"]) return "applicationCredential";
  const endpoint = imageEndpointIn(settings);
  if (tokenIn(settings)) return endpoint || !settings["os-auth-url"] ? "fixed" : "token";
  return endpoint && !settings["os-auth-url"] ? "fixed" : "password";
}

function fixedFrom(settings: Settings): Credentials {
  if (!imageEndpointIn(settings))
    throw new CommandError(
      "Nothing says where the image service is: there is no auth URL, and no endpoint.",
      "Source an openrc file, name a cloud with --os-cloud, or give --os-image-url.",
      { exitCode: 2 },
    );
  const isOpen = ["none", "noauth"].includes(settings["os-auth-type"]?.toLowerCase() ?? "");
  return { type: "fixed", token: isOpen ? undefined : tokenIn(settings) };
}

const AND = new Intl.ListFormat("en-GB");

function missing(settings: Settings, type: "password" | "token" | "applicationCredential"): string[] {
  const problems: string[] = [];
  if (!settings["os-auth-url"]) problems.push("OS_AUTH_URL");
  if (type === "password" && !settings["os-username"] && !settings["os-user-id"])
    problems.push("OS_USERNAME");
  if (type === "token" && !tokenIn(settings)) problems.push("OS_TOKEN");
  if (type !== "applicationCredential") return problems;
  if (!settings["os-application-credential-secret"]) problems.push("OS_APPLICATION_CREDENTIAL_SECRET");
  if (!settings["os-application-credential-id"] && !settings["os-application-credential-name"])
    problems.push("OS_APPLICATION_CREDENTIAL_ID");
  return problems;
}

/** Keystone's default domain, where no domain is named. */
const domainFrom = (id: string | undefined, name: string | undefined): Domain =>
  id ? { id } : name ? { name } : { id: "default" };

const userFrom = (settings: Settings): InDomain =>
  settings["os-user-id"]
    ? { id: settings["os-user-id"] }
    : {
        name: settings["os-username"] ?? "",
        domain: domainFrom(settings["os-user-domain-id"], settings["os-user-domain-name"]),
      };

const applicationCredentialFrom = (settings: Settings): ApplicationCredential =>
  settings["os-application-credential-id"]
    ? { id: settings["os-application-credential-id"] }
    : { name: settings["os-application-credential-name"] ?? "", user: userFrom(settings) };

function scopeFrom(settings: Settings): Scope | undefined {
  if (settings["os-system-scope"]) return { system: true };
  if (settings["os-project-id"]) return { project: { id: settings["os-project-id"] } };
  if (settings["os-project-name"]) {
    const domain = domainFrom(settings["os-project-domain-id"], settings["os-project-domain-name"]);
    return { project: { name: settings["os-project-name"], domain } };
  }
  if (settings["os-domain-id"]) return { domain: { id: settings["os-domain-id"] } };
  return settings["os-domain-name"] ? { domain: { name: settings["os-domain-name"] } } : undefined;
}
