/** Named points of an upload at which a crash test stops the relay. */
export type CheckpointName = "relay-mid-body" | "relay-before-publish" | "relay-after-publish";

export type Checkpoint = (point: CheckpointName, key: string) => Promise<void>;

/** Reports to the test at `url` and continues when it answers. Does nothing outside a test. */
export const checkpointTo =
  (url: string | undefined): Checkpoint =>
  async (point, key) => {
    if (url) await fetch(`${url}/${point}?key=${encodeURIComponent(key)}`).catch(() => {});
  };
