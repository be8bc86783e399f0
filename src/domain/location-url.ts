/** What `image_locations.url` holds at most (spec/rbac.md section 7). */
export const LOCATION_URL_CHARS = 255;

/** Schemes whose locations nobody adds: they would name files of this machine, or secrets of its settings. */
const FORBIDDEN_SCHEMES = /^(file|filesystem|swift\+config):/i;

export const isForbiddenLocation = (url: string): boolean => FORBIDDEN_SCHEMES.test(url);

export const isHttpLocation = (url: string): boolean => /^https?:\/\//i.test(url);

/**
 * The URL without user and password. Of schemes other than http what is secret may hold slashes, so everything before
 * the last `@` is left out.
 */
export const withoutCredentials = (url: string): string =>
  isHttpLocation(url)
    ? url.replace(/^([^:]*:\/\/)[^/?#]*@/, "$1***@")
    : url.replace(/^([a-z][a-z0-9+.-]*:\/\/)(.*)@/i, "$1***@");
