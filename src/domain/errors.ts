/** What went wrong, named once for every layer. `http/error-response.ts` maps each kind to its status. */
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

/** What an operator can mend where a store fails; who asks for an image hears no more of it than the message. */
export type Ailment =
  | "missing"
  | "forbidden"
  | "credentials"
  | "clock"
  | "unreachable"
  | "busy"
  | "elsewhere"
  | "full"
  | "readOnly"
  | "odd";

/** Kinds that the same request, repeated later, may get past. Read only by code that retries. */
const RETRYABLE: ReadonlySet<ErrorKind> = new Set<ErrorKind>(["unavailable"]);

/**
 * The one error that domain, actions and stores throw. `message` says what was refused, for which thing and why, and
 * reaches the caller as it is: no stack, store URL or credential belongs in it. `cause` stays in the log.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly kind: ErrorKind;
  /** Response headers that belong to this refusal, such as `Allow` of a 405. */
  readonly headers: Readonly<Record<string, string>>;
  /** For stores/examine.ts, where a store knows it. */
  readonly ailment: Ailment | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    opts: { cause?: unknown; headers?: Record<string, string>; ailment?: Ailment | undefined } = {},
  ) {
    super(message, opts.cause === undefined ? undefined : { cause: opts.cause });
    this.kind = kind;
    this.headers = opts.headers ?? {};
    this.ailment = opts.ailment;
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}

/** A refusal that crosses a process boundary: a value, because class identity does not survive the crossing. */
export interface Refusal {
  readonly ok: false;
  readonly kind: ErrorKind;
  readonly message: string;
}

export const refuse = (kind: ErrorKind, message: string): Refusal => ({ ok: false, kind, message });
