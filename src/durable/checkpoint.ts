/** Named points of a transfer at which a crash must lose nothing. docs/image-status.md tells what each leaves behind. */
export type Checkpoint =
  | "after-begin"
  | "mid-body"
  | "after-publish"
  | "before-batch"
  | "after-batch"
  | "before-removal";

/**
 * Reports that a named point was reached and waits for the answer, so that a test can end a process exactly there.
 * Without a URL, as in every service that is not under test, it does nothing.
 */
export async function checkpoint(url: string | undefined, point: Checkpoint, imageId: string): Promise<void> {
  if (url) await fetch(`${url}/${point}?image=${imageId}`).catch(() => undefined);
}
