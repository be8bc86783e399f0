import { expect, test } from "vitest";
import { unlessAborted } from "./unless-aborted.ts";

test.each(["before it began", "while it ran"])(
  "work that fails after its caller went away, %s, is heard of by nobody and leaves nothing unhandled",
  async (when) => {
    const caller = new AbortController();
    const reason = new Error("the client went away");
    const { promise: work, reject } = Promise.withResolvers<never>();
    if (when === "before it began") caller.abort(reason);
    const outcome = unlessAborted(work, caller.signal);
    caller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    addEventListener("unhandledrejection", note);
    reject(new Error("the connection broke"));
    // A rejection is unhandled when the task that made it is over.
    await new Promise((resolve) => setTimeout(resolve, 0));
    removeEventListener("unhandledrejection", note);
    expect(unhandled).toEqual([]);
  },
);
