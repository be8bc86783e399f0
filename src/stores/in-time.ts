/** Rejects when the work has not ended after so many seconds, even where its promise does not hear of the signal. */
export async function inTime<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  let timer!: ReturnType<typeof setTimeout>;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const late = new Error(`nothing came for ${seconds} seconds`);
      reject(late);
      limit.abort(late);
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work(limit.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}
