import { showTask } from "@glimpse/client/tasks.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { printRecord } from "../output/print.ts";

async function run(ctx: Context, { args: [id = ""] }: CommandInput<object>): Promise<number> {
  const task = await showTask(await ctx.session(), id);
  const { self: _self, schema: _schema, ...shown } = task;
  await printRecord(ctx, task, { shown });
  return EXIT.ok;
}

export const taskShow: CommandSpec<object> = {
  name: "task-show",
  summary: "show all about a piece of the service's work; for administrators",
  declare(command) {
    command.argument("<task>", "id of the task");
  },
  run,
};
