import { checkStore, storesInfo } from "@glimpse/client/info.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { oneByOne } from "../one-by-one.ts";
import { type Column, type Fields, print, printList } from "../output/print.ts";

const COLUMNS: readonly Column[] = [
  { heading: "Store", field: "store" },
  { heading: "Ok", field: "ok" },
  { heading: "What", field: "what" },
  { heading: "Remedy", field: "remedy" },
];

async function run(ctx: Context, { args: named }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const ids =
    named.length > 0 ? named : (await storesInfo(session, { detail: false })).stores.map(({ id }) => id);
  const found: Fields[] = [];
  let well = true;
  const exitCode = await oneByOne(ctx, ids, async (id) => {
    const { findings, ok } = await checkStore(session, id);
    well &&= ok;
    for (const { ok: isGood, remedy, what } of findings) {
      found.push({ store: id, ok: isGood, what, remedy: remedy ?? "" });
      if (ctx.format !== "table") continue;
      await print(ctx, `${isGood ? "ok  " : "FAIL"} ${id}: ${what}\n${remedy ? `     ${remedy}\n` : ""}`);
    }
  });
  if (ctx.format !== "table") await printList(ctx, COLUMNS, found);
  return well ? exitCode : EXIT.failed;
}

export const doctor: CommandSpec<object> = {
  name: "doctor",
  summary:
    "try each store, with a few bytes that are removed again, and say what to do where something is wrong",
  declare(command) {
    command.argument("[store...]", "ids of stores; without any, all of them");
  },
  run,
};
