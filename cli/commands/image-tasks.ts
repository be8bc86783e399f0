import { ClientError } from "@glimpse/client/errors.ts";
import { type ImageTask, imageTasks } from "@glimpse/client/tasks.ts";
import type { CommandInput, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { CommandError, EXIT, nextAfter } from "../errors.ts";
import { withImage } from "../find-image.ts";
import { type ColumnOf, printList } from "../output/print.ts";

const BRIEF: readonly ColumnOf<ImageTask>[] = [
  { heading: "Message", field: "message" },
  { heading: "Status", field: "status" },
  { heading: "Updated at", field: "updated_at" },
];
const BEFORE: readonly ColumnOf<ImageTask>[] = [
  { heading: "Image Id", field: "image_id" },
  { heading: "Task Id", field: "id" },
];
const AFTER: readonly ColumnOf<ImageTask>[] = [
  { heading: "User Id", field: "user_id" },
  { heading: "Request Id", field: "request_id" },
  { heading: "Result", field: "result" },
  { heading: "Owner", field: "owner" },
  { heading: "Input", field: "input" },
  { heading: "Expires at", field: "expires_at" },
];

async function run(ctx: Context, { args: [image = ""] }: CommandInput<object>): Promise<number> {
  const session = await ctx.session();
  const columns = ctx.verbose ? [...BEFORE, ...BRIEF, ...AFTER] : BRIEF;
  try {
    const tasks = await withImage(session, image, (id) => imageTasks(session, id));
    await printList(ctx, columns, tasks, { zeros: true });
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 404) throw error;
    throw new CommandError(`Image ${image} not found.`, nextAfter(error), { cause: error });
  }
  return EXIT.ok;
}

export const imageTasksCommand: CommandSpec<object> = {
  name: "image-tasks",
  summary: "list what the service does, or did, for an image",
  declare(command) {
    command.argument("<image>", "id of the image, or its name");
  },
  run,
};
