import { ClientError } from "./errors.ts";

export interface CatalogueEndpoint {
  readonly interface: string;
  readonly url: string;
  readonly region?: string | null;
  readonly region_id?: string | null;
}

export interface CatalogueService {
  readonly type: string;
  readonly name?: string;
  readonly endpoints: readonly CatalogueEndpoint[];
}

export interface EndpointChoice {
  readonly region?: string | undefined;
  /** `public` unless said otherwise. */
  readonly interface?: string | undefined;
}

/** The URL under which a service is found, without the version at its end. Rejects when the catalogue has none. */
export function endpointIn(
  catalogue: readonly CatalogueService[],
  type: string,
  choice: EndpointChoice = {},
): string {
  const wanted = (choice.interface ?? "public").replace(/URL$/, "");
  const endpoint = catalogue
    .filter((service) => service.type === type)
    .flatMap((service) => service.endpoints)
    .find((e) => e.interface === wanted && (!choice.region || regionOf(e) === choice.region));
  if (endpoint) return withoutVersion(endpoint.url);
  const region = choice.region ? ` in region ${choice.region}` : "";
  throw new ClientError(`The catalogue has no ${wanted} endpoint for the service "${type}"${region}.`);
}

/** `https://host/image/v2/` is `https://host/image`: paths that we append begin with their version. */
export const withoutVersion = (url: string): string => url.replace(/\/+$/, "").replace(/\/v\d+(\.\d+)?$/, "");

const regionOf = (endpoint: CatalogueEndpoint) => endpoint.region_id ?? endpoint.region;
