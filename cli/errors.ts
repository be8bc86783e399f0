import { ClientError, NoIdentityService } from "@glimpse/client/errors.ts";
import { printable } from "./output/printable.ts";

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Ends a command that cannot go on, with the reason and what to do next. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly next: string;
  readonly exitCode: number;

  constructor(message: string, next: string, opts: { exitCode?: number; cause?: unknown } = {}) {
    super(message, opts.cause === undefined ? undefined : { cause: opts.cause });
    this.next = next;
    this.exitCode = opts.exitCode ?? EXIT.failed;
  }
}

export const usageError = (message: string, next: string) =>
  new CommandError(message, next, { exitCode: EXIT.usage });

/** The reader of our output has gone, as `head` does when it has its lines. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/** For statuses with several reasons: the words in the service's message that tell them apart. */
const NEXT_AFTER_WORDS: readonly {
  readonly status: number;
  readonly words: RegExp;
  readonly next: string;
}[] = [
  {
    status: 403,
    words: /not authorized|not permitted|non admin|you may not|administrator has disabled/i,
    next: "Ask an administrator, or use credentials with the role that it needs.",
  },
  {
    status: 403,
    words: /locations are invisible/i,
    next: "The service shows no locations; `glimpse add-location` gives a queued image its data all the same.",
  },
  {
    status: 410,
    words: /cannot be written/i,
    next: "Choose another store with --store; stores-info shows those that there are.",
  },
  {
    status: 413,
    words: /\b(no|not enough) (room|space)\b/i,
    next: "The store is full: make room in it, or choose another with --store.",
  },
];

const NEXT: Readonly<Record<number, string>> = {
  300: "The endpoint looks wrong: what answers there is not at this address.",
  400: "Correct the request; `--debug` shows what was asked.",
  401: "Check OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and OS_AUTH_URL, or their --os-* options.",
  403: "Change what it names first; other credentials help only where a role is missing.",
  404: "Check the id or the name; image-list, user-list and project-list show those that you can see.",
  409: "Look at its present state, then try again.",
  410: "The image is gone; create a new one.",
  413: "Send less, delete what is not needed, or ask an administrator for a higher limit.",
  415: "Check that --disk-format says what the data is.",
  503: "The store or the service cannot take it now; try again later.",
};

/** The two lines of an error: what was refused and why, and what to do next. Never a secret, and no control codes. */
export function errorLines(error: unknown): string {
  const [what, next] = told(error);
  return `${printable(what)}\n${printable(next)}\n`;
}

function told(error: unknown): readonly [what: string, next: string] {
  if (error instanceof CommandError) return [error.message, error.next];
  if (error instanceof ClientError) return [error.message, nextAfter(error)];
  const what = error instanceof Error ? error.message : String(error);
  return [
    `Unexpected error: ${what}`,
    "`--debug` shows what was asked of the service, and where this happened.",
  ];
}

export function nextAfter(error: ClientError): string {
  if (error instanceof NoIdentityService)
    return "OS_AUTH_URL looks wrong: it ends in /v3 mostly, and where Glimpse is the identity service in /identity/v3.";
  if (error.status === undefined)
    return "Check OS_AUTH_URL, OS_CACERT, the endpoint, and that the service is running.";
  const told = NEXT_AFTER_WORDS.find(
    ({ status, words }) => status === error.status && words.test(error.detail),
  );
  const known = told?.next ?? NEXT[error.status];
  if (known) return known;
  if (error.status < 500) return "`--debug` shows what was asked.";
  const id = error.requestId === undefined ? "" : ` Its log has the request as ${error.requestId}.`;
  return `The fault is the service's; try again later.${id}`;
}
