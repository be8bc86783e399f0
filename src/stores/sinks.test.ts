import { expect, test } from "vitest";
import { BufferedParts, type PartsTarget, type SinkOptions, StreamedParts } from "./sinks.ts";

const MiB = 1024 * 1024;

test.each(["collected", "streamed"])(
  "an object of %s parts given up while it is begun is aborted, and gets no part",
  async (how) => {
    const begun = Promise.withResolvers<PartsTarget>();
    const asked: string[] = [];
    const put = async () => {
      asked.push("put");
      return { number: 1, etag: "" };
    };
    const target = { put: async () => {}, begin: () => begun.promise };
    const pipe = () => new TransformStream<Uint8Array, Uint8Array>();
    const options: SinkOptions = { pipe, partBytes: MiB, maxParts: 10, failed: () => {} };
    const sink =
      how === "streamed" ? new StreamedParts(target, 3 * MiB, options) : new BufferedParts(target, options);
    const written = expect(sink.write(new Uint8Array(MiB + 1))).rejects.toThrow("the client went away");
    const aborted = sink.abort(new Error("the client went away"));
    begun.resolve({ put, complete: async () => {}, abort: async () => void asked.push("abort") });
    await Promise.all([written, aborted]);
    expect(asked).toEqual(["abort"]);
  },
);
