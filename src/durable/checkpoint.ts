/** Named points of a transfer at which a crash must lose nothing; test/e2e/crash.test.ts ends a process at each. */
export type Checkpoint =
  | "after-begin"
  | "after-publish"
  | "before-batch"
  | "after-batch"
  | "before-removal"
  | "after-slice";

/**
 * Reports that a named point was reached and waits for the answer, so that a test can end a process exactly there.
 * Without a URL, as outside tests, it does nothing.
 */
export async function checkpoint(
  url: string | undefined,
  point: Checkpoint,
  about: { image: string; event?: string },
): Promise<void> {
  if (url) await fetch(`${url}/${point}?${new URLSearchParams({ ...about })}`).catch(() => undefined);
}
