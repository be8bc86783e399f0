/** What went wrong, under one name for every layer. `http/error-response.ts` maps each kind to its status. */
export const ERROR_KINDS = [
  "invalid",
  "unauthorized",
  /** A signed request that came a second time. */
  "replayed",
  "forbidden",
  "notFound",
  "methodNotAllowed",
  "conflict",
  "illegalTransition",
  "busy",
  "gone",
  "tooLarge",
  "full",
  "unsupportedType",
  "badRange",
  "headerTooLarge",
  "notImplemented",
  "writeDenied",
  "unavailable",
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** What is wrong with a store, as far as an operator can fix it. The callers of the API get only the message. */
export type FailureCause =
  | "missing"
  | "forbidden"
  | "credentials"
  | "clock"
  | "unreachable"
  | "busy"
  | "elsewhere"
  | "full"
  | "readOnly"
  | "unexpectedAnswer";

/** Kinds after which the same request may succeed later. Read only by code that retries. */
const RETRYABLE: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["unavailable"]);

/**
 * The only error that domain, actions and stores throw. `message` says what was refused, for which thing and why. It
 * reaches the caller unchanged, so no stack, store URL or credential belongs in it. `cause` stays in the log.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly kind: ErrorKind;
  /** Response headers that belong to this refusal, such as `Allow` of a 405. */
  readonly headers: Readonly<Record<string, string>>;
  /** For stores/examine.ts, if the store knows it. */
  readonly failureCause: FailureCause | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    opts: { cause?: unknown; headers?: Record<string, string>; failureCause?: FailureCause | undefined } = {},
  ) {
    super(message, opts.cause === undefined ? undefined : { cause: opts.cause });
    this.kind = kind;
    this.headers = opts.headers ?? {};
    this.failureCause = opts.failureCause;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}

/** A refusal that crosses a process boundary. It is a value, because class identity does not survive the crossing. */
export interface Refusal {
  readonly ok: false;
  readonly kind: ErrorKind;
  readonly message: string;
}

export const refuse = (kind: ErrorKind, message: string): Refusal => ({ ok: false, kind, message });
