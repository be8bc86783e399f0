import { importLocation, type LocationCreate } from "@glimpse/client/locations.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { withoutSelf } from "../image-attributes.ts";
import { jsonObjectIn } from "../json-option.ts";
import { printRecord } from "../output/print.ts";

interface AddOptions {
  readonly url: string;
  readonly validationData?: string;
}

async function run(
  ctx: Context,
  { args: [image = ""], options: { url, validationData } }: CommandInput<AddOptions>,
): Promise<number> {
  const location: LocationCreate = { url };
  if (validationData !== undefined) location.validation_data = hashesIn(validationData);
  const session = await ctx.session();
  const after = await withImage(session, image, (id) => importLocation(session, id, location));
  await printRecord(ctx, after, { shown: withoutSelf(after) });
  if (after.status !== "active")
    ctx.stderr.write(
      `The service looks at the data now: \`glimpse image-tasks ${after.id}\` tells how that goes.\n`,
    );
  return EXIT.ok;
}

/** The service decides whether these are valid hashes. */
const hashesIn = (text: string) =>
  jsonObjectIn(text, {
    what: "Validation data",
    example: `--validation-data '{"os_hash_algo": "sha512", "os_hash_value": "…"}'`,
  }) as NonNullable<LocationCreate["validation_data"]>;

export const addLocationCommand: CommandSpec<AddOptions> = {
  name: "add-location",
  summary: "make a queued image of data at a place that the service can read",
  declare(command) {
    command
      .argument("<image>", "id of the image, or its name")
      .requiredOption("--url <url>", "where the data is")
      .option("--validation-data <json>", "os_hash_algo and os_hash_value of the data, as a JSON object");
  },
  run,
};
