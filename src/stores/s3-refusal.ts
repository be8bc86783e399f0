import { type ErrorKind, type FailureCause, ServiceError } from "../domain/errors.ts";
import { AnswerTooLong } from "../outbound/answers.ts";

/** The purpose of a request: a store that cannot be written is reported differently from one that cannot be read. */
export type Purpose = "read" | "write";

/** An S3 server's error answer; its message stays in the log. */
export class S3Refusal extends Error {
  override readonly name = "S3Refusal";
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, said: string, retryAfterSeconds?: number) {
    super(`the server answered ${status} ${code}${said && `: ${said}`}`);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** An answer that no S3 server should give. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";
}

interface Meaning {
  readonly kind: ErrorKind | { readonly read: ErrorKind; readonly write: ErrorKind };
  readonly says: (store: string) => string;
  readonly failureCause: FailureCause;
  /** The same request may succeed in a moment. */
  readonly passes?: true;
}

/** If access is refused, a reader is told of an outage, and a writer that the store cannot be written. */
const closed = { read: "unavailable", write: "writeDenied" } as const;

const MISSING: Meaning = {
  failureCause: "missing",
  kind: "unavailable",
  says: (store) => `The bucket of the store ${store} is missing.`,
};
const DENIED: Meaning = {
  failureCause: "forbidden",
  kind: closed,
  says: (store) => `The store ${store} does not allow this service what it asks.`,
};
const UNKNOWN_TO_IT: Meaning = {
  failureCause: "credentials",
  kind: closed,
  says: (store) => `The store ${store} does not accept this service's credentials.`,
};
const SKEWED: Meaning = {
  failureCause: "clock",
  kind: closed,
  says: (store) => `The clocks of this service and of the store ${store} differ too much.`,
};
const BUSY: Meaning = {
  failureCause: "busy",
  kind: "unavailable",
  says: (store) => `The store ${store} is asked too much at once; try again later.`,
  passes: true,
};
const ELSEWHERE: Meaning = {
  failureCause: "elsewhere",
  kind: "unavailable",
  says: (store) => `The bucket of the store ${store} is in another region, or at another endpoint.`,
};
const FULL: Meaning = {
  failureCause: "full",
  kind: "full",
  says: (store) => `The store ${store} has no room for the image data.`,
};
const TOO_LARGE: Meaning = {
  failureCause: "full",
  kind: "tooLarge",
  says: (store) => `The image data is larger than the store ${store} takes.`,
};
const GONE: Meaning = {
  failureCause: "unexpectedAnswer",
  kind: "gone",
  says: () => "The image data was deleted while it was written.",
};
const TEMPORARY: Meaning = {
  failureCause: "unexpectedAnswer",
  kind: "unavailable",
  says: (store) => `The store ${store} does not answer as it should.`,
  passes: true,
};
/** The server did not answer, or broke off. */
const AWAY: Meaning = {
  failureCause: "unreachable",
  kind: "unavailable",
  says: (store) => `The store ${store} cannot be reached, or does not answer in time.`,
  passes: true,
};
const UNEXPECTED: Meaning = { failureCause: "unexpectedAnswer", kind: "unavailable", says: TEMPORARY.says };

/** By code (Amazon S3's documentation, "Error responses"; radosgw's and R2's codes are among these). */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: MISSING,
  AccessDenied: DENIED,
  AllAccessDisabled: DENIED,
  AccountProblem: DENIED,
  InvalidAccessKeyId: UNKNOWN_TO_IT,
  SignatureDoesNotMatch: UNKNOWN_TO_IT,
  InvalidToken: UNKNOWN_TO_IT,
  ExpiredToken: UNKNOWN_TO_IT,
  TokenRefreshRequired: UNKNOWN_TO_IT,
  RequestTimeTooSkewed: SKEWED,
  RequestExpired: SKEWED,
  SlowDown: BUSY,
  ServiceUnavailable: BUSY,
  Throttling: BUSY,
  ThrottlingException: BUSY,
  TooManyRequests: BUSY,
  TooManyRequestsException: BUSY,
  RequestLimitExceeded: BUSY,
  BandwidthLimitExceeded: BUSY,
  QuotaExceeded: FULL,
  EntityTooLarge: TOO_LARGE,
  NoSuchUpload: GONE,
  AuthorizationHeaderMalformed: ELSEWHERE,
  PermanentRedirect: ELSEWHERE,
  TemporaryRedirect: ELSEWHERE,
  Redirect: ELSEWHERE,
  IllegalLocationConstraintException: ELSEWHERE,
  InternalError: TEMPORARY,
  RequestTimeout: TEMPORARY,
  OperationAborted: TEMPORARY,
  ConditionalRequestConflict: TEMPORARY,
  IncompleteBody: TEMPORARY,
};

/** For an answer without a code, such as that to a HEAD. */
function byStatus(status: number): Meaning {
  if (status === 401 || status === 403) return DENIED;
  if (status === 429 || status === 503) return BUSY;
  if (status === 507) return FULL;
  if (status === 413) return TOO_LARGE;
  if (status >= 300 && status < 400) return ELSEWHERE;
  return status >= 500 || status === 408 ? TEMPORARY : UNEXPECTED;
}

function meaningOf(error: unknown): Meaning {
  if (error instanceof S3Refusal) return BY_CODE[error.code] ?? byStatus(error.status);
  return error instanceof UnexpectedAnswer || error instanceof AnswerTooLong ? TEMPORARY : AWAY;
}

/** Whether the same request may succeed in a moment; it may if there was no answer at all. */
export const mayPass = (error: unknown): boolean => meaningOf(error).passes === true;

/** The error for callers: the store's name, and nothing that the store or its network said. */
export function refusalOf(error: unknown, store: string, purpose: Purpose): ServiceError {
  if (error instanceof ServiceError) return error;
  const { failureCause, kind, says } = meaningOf(error);
  return new ServiceError(typeof kind === "string" ? kind : kind[purpose], says(store), {
    cause: error,
    failureCause,
  });
}
