import { type QuotaUsage, usageInfo } from "@glimpse/client/info.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { type ColumnOf, printList } from "../output/print.ts";

const COLUMNS: readonly ColumnOf<QuotaUsage & { quota: string }>[] = [
  { heading: "Quota", field: "quota" },
  { heading: "Limit", field: "limit" },
  { heading: "Usage", field: "usage" },
];

async function run(ctx: Context, _input: CommandInput<object>): Promise<number> {
  const usage = await usageInfo(await ctx.session());
  const rows = Object.entries(usage).map(([quota, numbers]) => ({ ...numbers, quota }));
  await printList(ctx, COLUMNS, rows, { zeros: true });
  return EXIT.ok;
}

export const usage: CommandSpec<object> = {
  name: "usage",
  summary: "show the quotas of your project and what is used of them",
  declare() {},
  run,
};
