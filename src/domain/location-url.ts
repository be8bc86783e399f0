/** The longest `image_locations.url` (spec/rbac.md section 7). */
export const LOCATION_URL_CHARS = 255;

/** Schemes that nobody may add: they would name files of this machine, or secrets in its settings. */
const FORBIDDEN_SCHEMES = /^(file|filesystem|swift\+config):/i;

export const isForbiddenLocation = (url: string): boolean => FORBIDDEN_SCHEMES.test(url);

/** Exactly so: URL parsers also accept `http:/x` or `http:\\x`, and would find credentials there. */
export const isHttpLocation = (url: string): boolean => /^https?:\/\/(?![/\\\s])/i.test(url);

/** Schemes of our own stores, whose paths may contain an `@`. */
const OWN_SCHEMES = /^(file|filesystem|memory|r2|rbd):\/\//i;

/**
 * The URL without user and password. In schemes other than http and our own, a secret may contain slashes, so
 * everything before the last `@` is dropped; so it is if the slashes after the scheme are irregular.
 */
export const withoutCredentials = (url: string): string =>
  isHttpLocation(url) || OWN_SCHEMES.test(url)
    ? url.replace(/^([^:]*:\/\/)[^/?#]*@/, "$1***@")
    : withoutStoreCredentials(url).replace(/^([a-z][a-z0-9+.-]*:[/\\]*).*@/is, "$1***@");

/**
 * Schemes of stores that have their credentials in the settings; Glance writes them into locations, before the address.
 */
const S3 = /^s3(\+https?)?:\/\//i;
const SWIFT = /^swift(\+https?)?:\/\//i;

/**
 * A location as it is stored: without the credentials that Glance wrote into s3 URLs (spec/stores.md section 5.1), and
 * without the key in swift URLs, whose user says which account it is (section 6.1). A secret may contain slashes, so it
 * reaches to the last `@`; if it contains another `://`, this is not a location.
 */
export function withoutStoreCredentials(url: string): string {
  const [scheme] = S3.exec(url) ?? SWIFT.exec(url) ?? [];
  const at = url.lastIndexOf("@");
  if (scheme === undefined || url.indexOf("://", scheme.length) >= 0) return url;
  const credentials = SWIFT.test(url) && at >= 0 ? url.slice(scheme.length, at) : "";
  const user = credentials.replace(/:[^:]*$/, "").replaceAll(":", "%3A");
  return scheme.toLowerCase() + (user && `${user}@`) + url.slice(Math.max(scheme.length, at + 1));
}
