/** Cancels a body that nobody reads, to free its connection. */
export async function discard(response: Response | undefined): Promise<void> {
  await response?.body?.cancel().catch(() => undefined);
}

/** The body's length in bytes; undefined if the answer does not give it, as with a chunked body. */
export function lengthOf({ headers }: Response): number | undefined {
  const said = headers.get("content-length") ?? "";
  const length = Number(said);
  return /^\d{1,16}$/.test(said) && Number.isSafeInteger(length) ? length : undefined;
}

/** The answer is longer than any expected one. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/** Reads a short answer. A body that is not read to its end, or whose signal is aborted, is cancelled to free its connection. */
export async function boundedText(
  { body }: Response,
  mostBytes: number,
  signal?: AbortSignal,
): Promise<string> {
  const reader = (body ?? new Blob([]).stream()).getReader();
  const leave = (reason: unknown) => void reader.cancel(reason).catch(() => undefined);
  const onAbort = () => leave(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    const decoder = new TextDecoder();
    let text = "";
    for (let bytes = 0; ; ) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > mostBytes) throw new AnswerTooLong(`the answer has more than ${mostBytes} bytes`);
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    leave(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Undefined if the text is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
