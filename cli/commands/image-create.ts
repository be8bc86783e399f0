import { createImage, type Image, showImage } from "@glimpse/client/images.ts";
import type { Command } from "commander";
import { type CommandInput, type CommandSpec, collect, wholeNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataSource, dataSource } from "../data-source.ts";
import { EXIT, usageError } from "../errors.ts";
import { type AttributeOptions, declareAttributes, fieldsFrom, shownImage } from "../image-attributes.ts";
import { printRecord } from "../output/print.ts";
import { checkStore, type SendOptions, sendData } from "../send-data.ts";

interface CreateOptions extends AttributeOptions, SendOptions {
  readonly id?: string;
  readonly file?: string;
  readonly tag?: readonly string[];
  readonly tags?: readonly string[];
}

/** Creates the record and, when there is data, uploads it: one command, as in the stock client. */
async function run(ctx: Context, { options }: CommandInput<CreateOptions>): Promise<number> {
  const tags = [...(options.tag ?? []), ...(options.tags ?? [])];
  const fields = {
    ...fieldsFrom(options),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(tags.length > 0 ? { tags } : {}),
  };
  const source = await dataSource(ctx, options.file);
  try {
    if (source) requireFormats(fields, options.file === undefined ? "data on standard input" : "--file");
    else refuseWithoutData(options);
    const session = await ctx.session();
    if (source) await checkStore(ctx, options);
    const created = await createImage(session, fields);
    if (source) await sendAfterCreate(ctx, created, source, options);
    const image = source ? await showImage(session, created.id) : created;
    await printRecord(ctx, image, { shown: shownImage(image) });
    return EXIT.ok;
  } finally {
    await source?.close();
  }
}

/** Shows the created image even when its data did not arrive: it exists, and the user needs its id to go on. */
async function sendAfterCreate(ctx: Context, created: Image, source: DataSource, options: CreateOptions) {
  try {
    await sendData(ctx, created.id, source, options);
  } catch (error) {
    if (!ctx.signal.aborted) await printRecord(ctx, created, { shown: shownImage(created) });
    throw error;
  }
}

/** Data needs both formats. The service would say so only after the record is created. */
function requireFormats(fields: Readonly<Record<string, unknown>>, because: string): void {
  const missing = ["disk_format", "container_format"].filter((field) => !fields[field]);
  if (missing.length > 0)
    throw usageError(
      `Must provide ${missing.map((field) => `--${field.replace("_", "-")}`).join(", ")} when using ${because}.`,
      "Add them, or create the image without data (`</dev/null`).",
    );
}

function refuseWithoutData(options: SendOptions): void {
  for (const name of ["store", "size"] as const)
    if (options[name] !== undefined)
      throw usageError(
        `--${name} is about data, and there is none.`,
        "Give --file, or data on standard input.",
      );
}

export const imageCreate: CommandSpec<CreateOptions> = {
  name: "image-create",
  summary: "create an image, with data from a file or standard input when there is some",
  declare(command: Command) {
    command.option("--id <id>", "id that it shall have");
    declareAttributes(command);
    command
      .option("--tag <tag>", "tag; may be repeated", collect)
      .option("--tags <tag...>", "several tags at once")
      .option("--file <file>", "file with its data; standard input otherwise, when that has any")
      .option("--size <bytes>", "length of the data on standard input", wholeNumber)
      .option("--store <store>", "store that takes the data (default: OS_IMAGE_STORE)")
      .option("--progress", "show how far the data is, on a terminal");
  },
  run,
};
