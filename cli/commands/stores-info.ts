import { storesInfo } from "@glimpse/client/info.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printRecord } from "../output/print.ts";

interface InfoOptions {
  readonly detail?: boolean;
}

async function run(ctx: Context, { options }: CommandInput<InfoOptions>): Promise<number> {
  await printRecord(ctx, await storesInfo(await ctx.session(), { detail: options.detail ?? false }));
  return EXIT.ok;
}

export const storesInfoCommand: CommandSpec<InfoOptions> = {
  name: "stores-info",
  summary: "show the stores that image data can be kept in",
  declare(command) {
    command.option("--detail", "how each is kept, too; for administrators");
  },
  run,
};
