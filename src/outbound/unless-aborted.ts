/**
 * The outcome of the work, unless the signal is aborted first. The listener is removed when the work is done, for a signal may
 * live as long as a request; and a rejection that comes too late is not left unhandled, which would end a Node process.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
