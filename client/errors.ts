import type { RefusalHeader } from "./calls.ts";
import type { components } from "./generated/api.ts";
import type { HttpRequest, HttpResponse } from "./transport.ts";

/** Everything that a call to the service can fail with. `message` is a sentence for people. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** The answer's status; absent when no answer came, or none was asked for. */
  readonly status: number | undefined;
  /** Why, without the status line: what the service wrote, reduced to text. */
  readonly detail: string;
  readonly requestId: string | undefined;

  constructor(
    message: string,
    about: { status?: number; detail?: string; requestId?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.status = about.status;
    this.detail = about.detail ?? message;
    this.requestId = about.requestId;
  }
}

/** What is at the auth URL answers, and is no identity service. */
export class NoIdentityService extends ClientError {
  constructor(authUrl: string, answer: string) {
    super(`${authUrl} is not an identity service: it answered the credentials with ${answer}.`);
  }
}

const REQUEST_ID = "X-Openstack-Request-Id" satisfies RefusalHeader;

/** A refusal as an error, worded as the stock client words it: `HTTP 409 Conflict: why`. */
export function refusal(response: Pick<HttpResponse, "status" | "statusText" | "headers">, body: string) {
  const detail = reasonIn(response.headers.get("content-type") ?? "", body);
  const title = `${response.status} ${response.statusText || titleIn(body)}`.trim();
  const why = withoutTitle(detail, response.status);
  return new ClientError(why ? `HTTP ${title}: ${why}` : `HTTP ${title}`, {
    status: response.status,
    detail: why || title,
    requestId: response.headers.get(REQUEST_ID) ?? undefined,
  });
}

const CONNECTION: Readonly<Record<string, (host: string) => string>> = {
  ECONNREFUSED: (host) => `Nothing answers at ${host}: the connection was refused.`,
  ENOTFOUND: (host) => `The name of ${host} is not known.`,
  EAI_AGAIN: (host) => `The name of ${host} cannot be looked up now.`,
  ETIMEDOUT: (host) => `${host} did not answer in time.`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `${host} did not answer in time.`,
  EHOSTUNREACH: (host) => `There is no way to ${host} on the network.`,
  ENETUNREACH: (host) => `There is no way to ${host} on the network.`,
  ECONNRESET: (host) => `${host} closed the connection before the exchange was complete.`,
  EPIPE: (host) => `${host} closed the connection before the exchange was complete.`,
  UND_ERR_SOCKET: (host) => `${host} closed the connection before the exchange was complete.`,
};

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/;

/** What a transport failed with, for people. An abort is passed on as the reason it was given. */
export function unreachable(request: HttpRequest, error: unknown): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (error instanceof ClientError) return error;
  const host = URL.canParse(request.url) ? new URL(request.url).origin : request.url;
  const code = codeOf(error);
  const known = CONNECTION[code]?.(host);
  if (known) return new ClientError(known, { cause: error });
  if (CERTIFICATE.test(code))
    return new ClientError(`The certificate of ${host} is not trusted (${code}).`, { cause: error });
  const told = error instanceof Error ? error.message : String(error);
  return new ClientError(`The exchange with ${host} failed: ${told}`, { cause: error });
}

function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return codeOf(at.errors[0]);
  }
  return "";
}

/** The service answers errors in HTML, JSON or plain text, as the caller's Accept asks (spec: error bodies). */
function reasonIn(contentType: string, body: string): string {
  if (contentType.includes("json")) return plain(jsonMessage(body));
  return contentType.includes("html") ? plain(body) : joinLines(body);
}

type Refused = components["schemas"];

/** Image services answer `{"message"}`, Keystone `{"error": {"message"}}`. */
function jsonMessage(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const nested = fieldOf<Refused["IdentityError"]>(parsed, "error");
    const message =
      fieldOf<Refused["IdentityErrorDetail"]>(nested, "message") ??
      fieldOf<Refused["Error"]>(parsed, "message") ??
      nested;
    return typeof message === "string" ? message : "";
  } catch {
    return body;
  }
}

const fieldOf = <T>(value: unknown, name: keyof T & string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

const plain = (html: string): string =>
  joinLines(html.replace(/<[a-zA-Z/!][^>]*>/g, "")).replace(
    /&(?:#(\d{1,6})|([a-z]+));/g,
    (all, number, name) =>
      number ? String.fromCodePoint(Math.min(Number(number), 0x10ffff)) : (ENTITIES[name] ?? all),
  );

const joinLines = (text: string): string => {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter(Boolean))].join(": ");
};

const titleIn = (body: string): string => /<title>\s*\d{3} ([^<]*)<\/title>/.exec(body)?.[1]?.trim() ?? "";

const withoutTitle = (detail: string, status: number): string =>
  detail.replace(new RegExp(`^${status} [A-Za-z ]*(: |$)`), "");
