/** The body of every answer that is not a success. `kind` is an ErrorKind; each side checks that for itself. */
export interface RefusalBody {
  readonly kind: string;
  readonly message: string;
}

/** Reads a refusal from another process; `undefined` when it is not one. */
export function refusalFrom(text: string): RefusalBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || !("kind" in body) || !("message" in body))
      return undefined;
    const { kind, message } = body;
    return typeof kind === "string" && typeof message === "string" ? { kind, message } : undefined;
  } catch {
    return undefined;
  }
}
