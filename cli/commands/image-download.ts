import { createHash, getHashes, type Hash } from "node:crypto";
import { ClientError } from "@glimpse/client/errors.ts";
import { downloadImage, type Image, showImage } from "@glimpse/client/images.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { openTarget, type Target } from "../download-target.ts";
import { CommandError, EXIT, nextAfter, ReaderGone, usageError } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { print } from "../output/print.ts";
import { type Progress, progressBar } from "../output/progress.ts";

interface DownloadOptions {
  readonly file?: string;
  readonly progress?: boolean;
}

async function run(
  ctx: Context,
  { args: [name = ""], options }: CommandInput<DownloadOptions>,
): Promise<number> {
  if (options.file === undefined && ctx.stdout.isTTY)
    throw usageError(
      "An image's data is not written to a terminal.",
      "Give --file, or send the output to a file or another program.",
    );
  const session = await ctx.session();
  // The record is read first: it says what the data must hash to, even if the image changes meanwhile.
  const { image, data } = await withImage(session, name, async (id) => {
    const image = await showImage(session, id);
    return { image, data: await downloadImage(session, image.id) };
  }).catch((error) => {
    if (!(error instanceof ClientError) || error.status === undefined) throw error;
    throw new CommandError(`Unable to download image '${name}'. (${error.message})`, nextAfter(error), {
      cause: error,
    });
  });
  if (!data)
    throw new CommandError(`Image ${image.id} has no data.`, "Send some with `glimpse image-upload`.");
  const target = options.file === undefined ? standardOutput(ctx) : await openTarget(options.file);
  const progress = progressBar(ctx, options.progress === true, data.size);
  try {
    const verify = verifierFor(ctx, image);
    await copy(data.body, target, verify.update, progress);
    verify.finish();
    await target.finish();
    return EXIT.ok;
  } catch (error) {
    await target.discard();
    // A reader that left early did not get the whole image, so this is a failure.
    if (error instanceof ReaderGone) return EXIT.failed;
    throw error;
  } finally {
    progress.stop();
  }
}

/** One batch is written while the next is collected. */
const BATCH_BYTES = 1024 * 1024;

async function copy(
  body: AsyncIterable<Uint8Array>,
  target: Target,
  hash: (chunk: Uint8Array) => void,
  progress: Progress,
): Promise<void> {
  let batch: Uint8Array[] = [];
  let gathered = 0;
  let writing = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = target.write(batch);
    // The next flush reports the failure; until then it must not count as an unhandled rejection.
    writing.catch(() => undefined);
    batch = [];
    gathered = 0;
  };
  for await (const chunk of body) {
    hash(chunk);
    progress.advance(chunk.byteLength);
    batch.push(chunk);
    gathered += chunk.byteLength;
    if (gathered >= BATCH_BYTES) await flush();
  }
  await flush();
  await writing;
}

function standardOutput(ctx: Context): Target {
  return {
    write: async (chunks) => {
      for (const chunk of chunks) await print(ctx, chunk);
    },
    finish: async () => undefined,
    discard: async () => undefined,
  };
}

interface Verifier {
  update(chunk: Uint8Array): void;
  /** Throws when the data that passed through does not match the image's record. */
  finish(): void;
}

/**
 * Checks data against the image's own hash, or against its MD5 checksum when this machine cannot compute that hash.
 */
function verifierFor(ctx: Context, image: Image): Verifier {
  const { os_hash_algo: algo, os_hash_value: value, checksum, size } = image;
  let received = 0;
  let hash: Hash | undefined;
  let expected: string | null = null;
  if (algo && value && getHashes().includes(algo.toLowerCase())) {
    hash = createHash(algo.toLowerCase());
    expected = value;
  } else if (checksum) {
    if (algo && value)
      ctx.stderr.write(`Hash ${algo} is not known here; the MD5 checksum is verified instead.\n`);
    hash = createHash("md5");
    expected = checksum;
  } else ctx.stderr.write("The image has no hash: its length alone is verified.\n");
  return {
    update: (chunk) => {
      received += chunk.byteLength;
      hash?.update(chunk);
    },
    finish: () => {
      const computed = hash?.digest("hex");
      if (computed !== undefined && computed !== expected?.toLowerCase())
        throw corrupt(`Hash was ${computed} expected ${expected}`);
      if (typeof size === "number" && size !== received)
        throw corrupt(`${received} bytes came, expected ${size}`);
    },
  };
}

const corrupt = (why: string) =>
  new CommandError(
    `Corrupt image download. ${why}`,
    "Nothing was kept under the file's name; download it again.",
  );

export const imageDownload: CommandSpec<DownloadOptions> = {
  name: "image-download",
  summary: "fetch an image's data, and verify it",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .option("--file <file>", "file to write; standard output otherwise, unless it is a terminal")
      .option("--progress", "show how far it is, on a terminal")
      .option("--allow-md5-fallback", "taken for the stock client's sake; the fallback is always allowed");
  },
  run,
};
