/**
 * The CORS rules, as in Glance (spec/image-api-v2.md section 2.2). The worker applies them to its answers, and a
 * relay's front door to those that it gives itself.
 */
export interface CorsRules {
  /**
   * Origins as browsers write them, `https://console.example.org`; `*` for all. With none, no CORS headers are sent.
   */
  readonly allowedOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly allowMethods: readonly string[];
  /** In addition to those that are always allowed. */
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  /** How long a browser may cache a preflight's answer. */
  readonly maxAgeSeconds: number;
}

/** Glance's lists, each followed by what clients in a browser need besides. */
export const CORS_DEFAULTS: CorsRules = {
  allowedOrigins: [],
  allowCredentials: true,
  allowMethods: ["GET", "PUT", "POST", "DELETE", "PATCH"],
  allowHeaders: [
    "Content-MD5",
    "X-Image-Meta-Checksum",
    "X-Storage-Token",
    "Accept-Encoding",
    "X-Auth-Token",
    "X-Identity-Status",
    "X-Roles",
    "X-Service-Catalog",
    "X-User-Id",
    "X-Tenant-Id",
    "X-OpenStack-Request-ID",
    ...["X-Subject-Token", "X-Service-Token", "X-Image-Meta-Store", "X-OpenStack-Image-Size"],
    ...["Range", "Content-Range", "If-Range", "If-None-Match"],
  ],
  exposeHeaders: [
    "X-Image-Meta-Checksum",
    "X-Auth-Token",
    "X-Subject-Token",
    "X-Service-Token",
    "X-OpenStack-Request-ID",
    ...["Location", "Content-Range", "Accept-Ranges", "Content-MD5", "ETag"],
    ...["OpenStack-image-import-methods", "OpenStack-image-store-ids"],
    ...["Allow", "Accept-Patch", "WWW-Authenticate"],
  ],
  maxAgeSeconds: 3600,
};

/** Headers that a page may always send, as in oslo.middleware: without `Content-Type` it could not send an image. */
const ALWAYS_ALLOWED = [
  ...["accept", "accept-language", "content-type", "cache-control", "content-language"],
  ...["expires", "last-modified", "pragma"],
];

/** In the form of a browser's `Origin` header, so that the two can be compared. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\sA-Z]+$/;

/** Whether a setting is an origin, or `*`. */
export const isOrigin = (text: string): boolean => text === "*" || ORIGIN.test(text);

/** Whether the text can be the name of a header or of a method (RFC 9110 section 5.6.2). */
export const isToken = (text: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);

interface Asked {
  readonly method: string;
  readonly header: (name: string) => string | undefined;
}

/** The headers of an answer to a page of another origin, whatever its status. */
export function corsHeaders(rules: CorsRules, header: Asked["header"]): Record<string, string> {
  const headers = allowance(rules, header("origin"), "Origin");
  return headers["access-control-allow-origin"] === undefined
    ? headers
    : { ...headers, ...listed("access-control-expose-headers", rules.exposeHeaders) };
}

/**
 * The headers of the answer to a preflight. Undefined if the request is none, or is not allowed: then the API answers
 * it like any other OPTIONS, which allows nothing.
 */
export function preflightHeaders(rules: CorsRules, asked: Asked): Record<string, string> | undefined {
  const wanted = asked.header("access-control-request-method");
  if (asked.method !== "OPTIONS" || wanted === undefined || !rules.allowMethods.includes(wanted))
    return undefined;
  const vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
  const headers = allowance(rules, asked.header("origin"), vary);
  if (headers["access-control-allow-origin"] === undefined) return undefined;
  const known = [...ALWAYS_ALLOWED, ...rules.allowHeaders.map((name) => name.toLowerCase())];
  const named = namesIn(asked.header("access-control-request-headers"));
  if (!named.every((name) => known.includes(name))) return undefined;
  return {
    ...headers,
    ...listed("access-control-allow-methods", rules.allowMethods),
    ...listed("access-control-allow-headers", named),
    "access-control-max-age": String(rules.maxAgeSeconds),
  };
}

/**
 * The headers for the caller's origin. An answer that depends on it must say so, even to origins that are not allowed.
 */
function allowance(
  { allowedOrigins, allowCredentials }: CorsRules,
  origin: string | undefined,
  vary: string,
): Record<string, string> {
  if (allowedOrigins.length === 0) return {};
  // Browsers refuse credentials if all origins are allowed (Fetch section 3.3.5). The same for everybody, it needs no
  // Vary.
  if (allowedOrigins.includes("*")) return { "access-control-allow-origin": "*" };
  if (origin === undefined || !allowedOrigins.includes(origin)) return { vary };
  return {
    vary,
    "access-control-allow-origin": origin,
    ...(allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
  };
}

const listed = (name: string, values: readonly string[]): Record<string, string> =>
  values.length === 0 ? {} : { [name]: values.join(", ") };

const namesIn = (header = ""): string[] =>
  header
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
