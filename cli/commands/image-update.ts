import {
  type Image,
  type PatchOperation,
  pointerTo,
  showImage,
  updateImage,
} from "@glimpse/client/images.ts";
import { type CommandInput, type CommandSpec, collect } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { type AttributeOptions, declareAttributes, fieldsFrom, shownImage } from "../image-attributes.ts";
import { printRecord } from "../output/print.ts";

interface UpdateOptions extends AttributeOptions {
  readonly removeProperty?: readonly string[];
  readonly tag?: readonly string[];
  readonly removeTag?: readonly string[];
}

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<UpdateOptions>,
): Promise<number> {
  const session = await ctx.session();
  const before = await withImage(session, image, (id) => showImage(session, id));
  const operations = operationsFor(before, options);
  const after = operations.length > 0 ? await updateImage(session, before.id, operations) : before;
  await printRecord(ctx, after, { shown: shownImage(after) });
  return EXIT.ok;
}

/** The patch that turns the image into the requested one. What already matches is not sent. */
export function operationsFor(before: Image, options: UpdateOptions): PatchOperation[] {
  const fields = { ...fieldsFrom(options), ...tagsFor(before, options) };
  const changes = Object.entries(fields)
    .filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value))
    .map(([name, value]): PatchOperation => {
      const op = Object.hasOwn(before, name) ? "replace" : "add";
      return { op, path: pointerTo(name), value };
    });
  const removals = (options.removeProperty ?? [])
    .filter((name) => Object.hasOwn(before, name) && !Object.hasOwn(fields, name))
    .map((name): PatchOperation => ({ op: "remove", path: pointerTo(name) }));
  return [...changes, ...removals];
}

function tagsFor(before: Image, options: UpdateOptions): { tags?: readonly string[] } {
  if (!options.tag && !options.removeTag) return {};
  const tags = new Set([...before.tags, ...(options.tag ?? [])]);
  for (const tag of options.removeTag ?? []) tags.delete(tag);
  return { tags: [...tags] };
}

export const imageUpdate: CommandSpec<UpdateOptions> = {
  name: "image-update",
  summary: "change attributes and properties of an image",
  declare(command) {
    command.argument("<image>", "id of the image, or its name");
    declareAttributes(command);
    command
      .option("--remove-property <key>", "property to remove; may be repeated", collect)
      .option("--tag <tag>", "tag to add; may be repeated", collect)
      .option("--remove-tag <tag>", "tag to remove; may be repeated", collect);
  },
  run,
};
