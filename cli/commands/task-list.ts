import { listTasks, type TaskItem, type TaskQuery } from "@glimpse/client/tasks.ts";
import { Option } from "commander";
import { type CommandInput, type CommandSpec, positiveNumber } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../errors.ts";
import { type ColumnOf, printList } from "../output/print.ts";

const COLUMNS: readonly ColumnOf<TaskItem>[] = [
  { heading: "ID", field: "id" },
  { heading: "Type", field: "type" },
  { heading: "Status", field: "status" },
  { heading: "Owner", field: "owner" },
];

const PAGE_SIZE = 20;

async function run(ctx: Context, { options }: CommandInput<TaskQuery>): Promise<number> {
  await printList(ctx, COLUMNS, listTasks(await ctx.session(), options));
  return EXIT.ok;
}

export const taskList: CommandSpec<TaskQuery> = {
  name: "task-list",
  summary: "list what the service does, or did; for administrators",
  declare(command) {
    command
      .addOption(
        new Option("--sort-key <key>", "key to sort by").choices(["id", "type", "status"]).default("status"),
      )
      .addOption(new Option("--sort-dir <dir>", "direction").choices(["asc", "desc"]).default("desc"))
      .option("--page-size <count>", "so many in each request", positiveNumber, PAGE_SIZE)
      .option("--type <type>", "of this type")
      .option("--status <status>", "in this status");
  },
  run,
};
