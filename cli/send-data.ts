import { ClientError } from "@glimpse/client/errors.ts";
import { listStores, uploadImage } from "@glimpse/client/images.ts";
import type { Context } from "./context.ts";
import { type DataSource, watched } from "./data-source.ts";
import { CommandError, EXIT, nextAfter } from "./errors.ts";
import { progressBar } from "./output/progress.ts";

export interface SendOptions {
  readonly store?: string;
  readonly size?: number;
  readonly progress?: boolean;
}

const storeFor = (ctx: Context, options: SendOptions): string | undefined =>
  options.store ?? (ctx.environment.OS_IMAGE_STORE || undefined);

/** Uploads an image's data. A failure names the image, whose record is as it was before. */
export async function sendData(
  ctx: Context,
  imageId: string,
  source: DataSource,
  options: SendOptions,
): Promise<void> {
  const size = options.size ?? source.size;
  const progress = progressBar(ctx, options.progress === true, size ?? source.expected);
  try {
    const session = await ctx.session();
    await uploadImage(session, imageId, watched(source, progress), { size, store: storeFor(ctx, options) });
  } catch (error) {
    if (ctx.signal.aborted)
      throw new CommandError(
        "Interrupted.",
        `Image ${imageId} has no new data; \`glimpse image-upload ${imageId}\` sends it.`,
        {
          exitCode: EXIT.interrupted,
          cause: error,
        },
      );
    if (!(error instanceof ClientError)) throw error;
    throw new CommandError(error.message, `Image ${imageId} has no new data. ${nextAfter(error)}`, {
      cause: error,
    });
  } finally {
    progress.stop();
  }
}

/** Refuses a store that the service does not have before a record is created for data that could not follow. */
export async function checkStore(ctx: Context, options: SendOptions): Promise<void> {
  const store = storeFor(ctx, options);
  if (store === undefined) return;
  const stores = await listStores(await ctx.session());
  if (!stores || stores.some(({ id }) => id === store)) return;
  throw new CommandError(
    `Store '${store}' is not valid for this cloud.`,
    `Its stores are ${stores.map(({ id }) => id).join(", ")}.`,
  );
}
