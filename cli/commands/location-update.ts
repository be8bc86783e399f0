import { updateLocation } from "@glimpse/client/locations.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { withoutSelf } from "../image-attributes.ts";
import { declareLocation, type MetadataOptions, metadataIn } from "../location-metadata.ts";
import { printRecord } from "../output/print.ts";

async function run(
  ctx: Context,
  { args: [image = ""], options }: CommandInput<MetadataOptions>,
): Promise<number> {
  const location = { url: options.url, metadata: metadataIn(options) };
  if (Object.keys(location.metadata).length === 0)
    ctx.stderr.write("WARNING -- The location's metadata will be updated to an empty JSON object.\n");
  const session = await ctx.session();
  const after = await withImage(session, image, (id) => updateLocation(session, id, location));
  await printRecord(ctx, after, { shown: withoutSelf(after) });
  return EXIT.ok;
}

export const locationUpdate: CommandSpec<MetadataOptions> = {
  name: "location-update",
  summary: "change what belongs to a location of an image",
  declare: declareLocation,
  run,
};
