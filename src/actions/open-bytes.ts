import { ServiceError } from "../domain/errors.ts";
import type { ImageLocation } from "../domain/image.ts";
import type { ByteRange } from "../http/byte-range.ts";
import { errorFields, type Log } from "../http/log.ts";
import type { ImageReader } from "../stores/contract.ts";
import { inTime } from "../stores/in-time.ts";
import { openStores } from "../stores/open.ts";
import type { Scope } from "./scope.ts";

/** What is to be read, of an image of so many bytes. */
export interface WantedBytes {
  readonly image: { readonly id: string };
  readonly size: number;
  readonly range?: ByteRange;
  /** Where the bytes are, in the order in which they are to be read from. */
  readonly locations: readonly ImageLocation[];
}

/** A store repeats what fails for half a minute: a place may take so long while the bytes may be had elsewhere. */
const FALL_OVER_SECONDS = 5;

/**
 * The bytes from the first location that has all of them and gives the first one: after that there is no other way than
 * to break off, which the length makes sure of. One that is only slow is asked again, without haste, after all others.
 * When every one has lost the image there is no data.
 */
export async function openBytes(
  scope: Pick<Scope, "config" | "env" | "log" | "requestId">,
  wanted: WantedBytes,
  hasteSeconds = FALL_OVER_SECONDS,
): Promise<ReadableStream<Uint8Array> | undefined> {
  const stores = openStores(scope.config, scope.env, scope.requestId);
  const slow: ImageLocation[] = [];
  let failure: unknown;
  const tried = async (location: ImageLocation, seconds?: number) => {
    const { image } = wanted;
    let limit: AbortSignal | undefined;
    const read = (signal?: AbortSignal) => {
      limit = signal;
      return firstBytesOf(stores.get(location.store), location, wanted, { log: scope.log, signal });
    };
    try {
      return await (seconds === undefined ? read() : inTime(seconds, read));
    } catch (error) {
      const fields = { image: image.id, store: location.store, ...errorFields(error) };
      scope.log.warn("a location could not be read", fields);
      if (limit?.aborted) slow.push(location);
      else if (!(error instanceof ServiceError && error.kind === "notFound")) failure = error;
      return undefined;
    }
  };
  const haste = wanted.locations.length > 1 ? hasteSeconds : undefined;
  for (const location of wanted.locations) {
    const bytes = await tried(location, haste);
    if (bytes) return bytes;
  }
  for (const location of slow) {
    const bytes = await tried(location);
    if (bytes) return bytes;
  }
  // Whatever a store holds against it, the request was good.
  if (failure)
    throw new ServiceError("unavailable", `The data of image ${wanted.image.id} cannot be read now.`, {
      cause: failure,
    });
  return undefined;
}

async function firstBytesOf(
  holder: ImageReader | undefined,
  { store, url }: ImageLocation,
  { image, range, size }: WantedBytes,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal | undefined },
): Promise<ReadableStream<Uint8Array>> {
  if (!holder) throw new Error(`store ${store} is not configured`);
  const { size: found, body } = await holder.get(url, range, signal);
  if (found !== size) {
    body.cancel().catch(() => {});
    throw new Error(`the store has ${found} bytes of the image's ${size}`);
  }
  return begun(body, range ? range.end - range.start + 1 : size, {
    signal,
    brokeOff: (error) =>
      log.warn("a location broke off in the middle", { image: image.id, store, ...errorFields(error) }),
  });
}

/** So many bytes of a body, of which the first are there: no answer has begun before, and none ends early as if whole. */
async function begun(
  body: ReadableStream<Uint8Array>,
  length: number,
  { signal, brokeOff }: { signal: AbortSignal | undefined; brokeOff: (error: unknown) => void },
): Promise<ReadableStream<Uint8Array>> {
  if (length === 0) return body;
  const reader = body.getReader();
  const leave = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", leave);
  const { done, value } = await reader.read();
  signal?.removeEventListener("abort", leave);
  if (done) throw new Error(`the store's answer ended ${length} bytes early`);
  reader.releaseLock();
  const { readable, writable } = new FixedLengthStream(length);
  void passOn(value, body, writable, brokeOff);
  return readable;
}

/** Never rejects: whoever reads learns of it by what breaks. */
async function passOn(
  first: Uint8Array,
  rest: ReadableStream<Uint8Array>,
  to: WritableStream<Uint8Array>,
  brokeOff: (error: unknown) => void,
): Promise<void> {
  const writer = to.getWriter();
  try {
    await writer.write(first);
    writer.releaseLock();
    await rest.pipeTo(to, { preventAbort: true });
  } catch (error) {
    await rest.cancel(error).catch(() => {});
    const left = to.locked ? writer : to.getWriter();
    // It has no room for more when whoever asked has gone.
    if (left.desiredSize !== null) brokeOff(error);
    await left.abort(error).catch(() => {});
  }
}
