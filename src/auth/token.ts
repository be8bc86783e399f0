import { hmac } from "./hmac.ts";

/** Everything that a token contains. Names and roles are looked up, so that they are never out of date. */
export interface Claims {
  readonly userId: string;
  /** Null: unscoped. */
  readonly projectId: string | null;
  /** Milliseconds since the epoch, as is `expiresAt`. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Identifies this token when it is revoked. */
  readonly auditId: string;
  /**
   * The audit id of the first token in a chain of tokens each obtained with the one before; that token's own if it is
   * the first.
   */
  readonly auditChainId: string;
  /** Keystone's names for how the user authenticated: `password`, `token`, `application_credential`. */
  readonly methods: readonly string[];
  readonly applicationCredentialId: string | null;
}

/** Names the layout of what follows, and is covered by the signature: another layout gets another letter. */
const PREFIX = "ga.";

/** Well above the length that `sealToken` makes (under 400); longer ones are not worth hashing. */
const MAX_CHARACTERS = 1024;

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const fromBase64Url = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

/** 128 random bits, in the form that Keystone gives audit ids. */
export const newAuditId = (): string => base64Url(crypto.getRandomValues(new Uint8Array(16)));

const encode = (c: Claims): string =>
  JSON.stringify([
    c.userId,
    c.projectId,
    c.issuedAt,
    c.expiresAt,
    c.auditId,
    c.auditChainId === c.auditId ? null : c.auditChainId,
    c.methods,
    c.applicationCredentialId,
  ]);

/** Only for text whose signature was correct: it is ours, so its shape is known. */
function decode(text: string): Claims {
  const [userId, projectId, issuedAt, expiresAt, auditId, chain, methods, applicationCredentialId] =
    JSON.parse(text);
  return {
    userId,
    projectId,
    issuedAt,
    expiresAt,
    auditId,
    auditChainId: chain ?? auditId,
    methods,
    applicationCredentialId,
  };
}

/** The claims as a token: `ga.<claims>.<HMAC-SHA-256 of everything before it>`. */
export async function sealToken(signingKey: string, claims: Claims): Promise<string> {
  const signed = PREFIX + base64Url(new TextEncoder().encode(encode(claims)));
  const signature = await hmac.sign(signingKey, new TextEncoder().encode(signed));
  return `${signed}.${base64Url(signature)}`;
}

/** The claims of a token that we signed and that has not expired at `now`; undefined for any other text. */
export async function openToken(signingKey: string, token: string, now: number): Promise<Claims | undefined> {
  if (token.length > MAX_CHARACTERS || !/^ga\.[\w-]+\.[\w-]{43}$/.test(token)) return undefined;
  const end = token.lastIndexOf(".");
  const signed = token.slice(0, end);
  const genuine = await hmac.verify(
    signingKey,
    fromBase64Url(token.slice(end + 1)),
    new TextEncoder().encode(signed),
  );
  if (!genuine) return undefined;
  const claims = decode(new TextDecoder().decode(fromBase64Url(signed.slice(PREFIX.length))));
  return claims.expiresAt > now ? claims : undefined;
}
