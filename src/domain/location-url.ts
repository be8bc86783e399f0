/** What `image_locations.url` holds at most (spec/rbac.md section 7). */
export const LOCATION_URL_CHARS = 255;

/** Schemes whose locations nobody adds: they would name files of this machine, or secrets of its settings. */
const FORBIDDEN_SCHEMES = /^(file|filesystem|swift\+config):/i;

export const isForbiddenLocation = (url: string): boolean => FORBIDDEN_SCHEMES.test(url);

/** Literally so: a reader of URLs also takes `http:/x` or `http:\\x` for one, and would find credentials there. */
export const isHttpLocation = (url: string): boolean => /^https?:\/\/(?![/\\\s])/i.test(url);

/** Schemes of our own stores, whose paths may hold an `@`. */
const OWN_SCHEMES = /^(file|filesystem|memory|r2|rbd):\/\//i;

/**
 * The URL without user and password. Of schemes other than http and our own what is secret may hold slashes, so
 * everything before the last `@` is left out; likewise where the slashes after the scheme are not as they should be.
 */
export const withoutCredentials = (url: string): string =>
  isHttpLocation(url) || OWN_SCHEMES.test(url)
    ? url.replace(/^([^:]*:\/\/)[^/?#]*@/, "$1***@")
    : withoutStoreCredentials(url).replace(/^([a-z][a-z0-9+.-]*:[/\\]*).*@/is, "$1***@");

/** Schemes of stores whose credentials are in their settings, and in locations of Glance's before the address. */
const S3 = /^s3(\+https?)?:\/\//i;
const SWIFT = /^swift(\+https?)?:\/\//i;

/**
 * A location as we keep it: without the credentials that Glance wrote into those of s3 (spec/stores.md section 5.1), and
 * without the key in those of swift, whose user tells which account it is of (section 6.1). A secret may hold slashes, so
 * it is all before the last `@`; with another `://` in it, it is no location.
 */
export function withoutStoreCredentials(url: string): string {
  const [scheme] = S3.exec(url) ?? SWIFT.exec(url) ?? [];
  const at = url.lastIndexOf("@");
  if (scheme === undefined || url.indexOf("://", scheme.length) >= 0) return url;
  const credentials = SWIFT.test(url) && at >= 0 ? url.slice(scheme.length, at) : "";
  const user = credentials.replace(/:[^:]*$/, "").replaceAll(":", "%3A");
  return scheme.toLowerCase() + (user && `${user}@`) + url.slice(Math.max(scheme.length, at + 1));
}
