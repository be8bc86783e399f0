import { type ImageLocation, listLocations } from "@glimpse/client/locations.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { type ColumnOf, printList } from "../output/print.ts";

const COLUMNS: readonly ColumnOf<ImageLocation>[] = [
  { heading: "URL", field: "url" },
  { heading: "Metadata", field: "metadata" },
];

async function run(ctx: Context, { args: [image = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const locations = await withImage(session, image, (id) => listLocations(session, id));
  await printList(
    ctx,
    COLUMNS,
    locations.map((location) => ({ ...location })),
  );
  return EXIT.ok;
}

export const locationList: CommandSpec<object> = {
  name: "location-list",
  summary: "list where an image's data is, for services and administrators",
  declare(command) {
    command.argument("<image>", "id of the image, or its name");
  },
  run,
};
