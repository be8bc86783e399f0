import type { Schemas } from "./api.ts";
import { ClientError } from "./errors.ts";

/** A service of the catalogue, and its endpoints. */
export type CatalogueEntry = Schemas["CatalogEntry"];

export interface EndpointChoice {
  readonly region?: string | undefined;
  /** `public` unless said otherwise. */
  readonly interface?: string | undefined;
}

/** The URL under which a service is found, without the version at its end. Rejects when the catalogue has none. */
export function endpointIn(
  catalogue: readonly CatalogueEntry[],
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

const regionOf = (endpoint: CatalogueEntry["endpoints"][number]) => endpoint.region_id ?? endpoint.region;
