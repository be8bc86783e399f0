import { addLocation } from "@glimpse/client/locations.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { withoutSelf } from "../image-attributes.ts";
import { declareLocation, type MetadataOptions, metadataIn } from "../location-metadata.ts";
import { printRecord } from "../output/print.ts";

interface AddOptions extends MetadataOptions {
  readonly checksum?: string;
  readonly hashAlgo?: string;
  readonly hashValue?: string;
}

async function run(ctx: Context, { args: [image = ""], options }: CommandInput<AddOptions>): Promise<number> {
  const location = {
    url: options.url,
    metadata: metadataIn(options),
    validationData: {
      ...(options.checksum ? { checksum: options.checksum } : {}),
      ...(options.hashAlgo ? { os_hash_algo: options.hashAlgo } : {}),
      ...(options.hashValue ? { os_hash_value: options.hashValue } : {}),
    },
  };
  const session = await ctx.session();
  const after = await withImage(session, image, (id) => addLocation(session, id, location));
  await printRecord(ctx, after, { shown: withoutSelf(after) });
  return EXIT.ok;
}

export const locationAdd: CommandSpec<AddOptions> = {
  name: "location-add",
  summary: "add a place of an image's data, where the service shows locations; else add-location",
  declare(command) {
    declareLocation(command)
      .option("--checksum <md5>", "MD5 of the data")
      .option("--hash-algo <algorithm>", "algorithm of --hash-value, such as sha512")
      .option("--hash-value <hash>", "what the data hashes to by --hash-algo");
  },
  run,
};
