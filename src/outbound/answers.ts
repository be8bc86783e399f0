/** Bytes of the body; undefined where the answer does not tell, as for a body of chunks. */
export function lengthOf({ headers }: Response): number | undefined {
  const said = headers.get("content-length") ?? "";
  const length = Number(said);
  return /^\d{1,16}$/.test(said) && Number.isSafeInteger(length) ? length : undefined;
}

/** An answer that is longer than any that was asked for. */
export class AnswerTooLong extends Error {
  override readonly name = "AnswerTooLong";
}

/** The text of a short answer. A body that is not read to its end is cancelled, for it keeps its connection: so when the signal is aborted. */
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

/** Undefined for a text that is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
