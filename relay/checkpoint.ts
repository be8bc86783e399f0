/** Named points of an upload, where a crash test stops the relay. */
export type CheckpointName = "relay-mid-body" | "relay-before-publish" | "relay-after-publish";

export type Checkpoint = (point: CheckpointName, key: string) => Promise<void>;

/** Reports to the test at `url` and goes on when it answers; without a test, nothing. */
export const checkpointTo =
  (url: string | undefined): Checkpoint =>
  async (point, key) => {
    if (url) await fetch(`${url}/${point}?key=${encodeURIComponent(key)}`).catch(() => {});
  };
