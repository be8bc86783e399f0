import type { Member } from "@glimpse/client/members.ts";
import type { Command } from "commander";
import type { Context } from "./context.ts";
import { type ColumnOf, printList } from "./output/print.ts";

const COLUMNS: readonly ColumnOf<Member>[] = [
  { heading: "Image ID", field: "image_id" },
  { heading: "Member ID", field: "member_id" },
  { heading: "Status", field: "status" },
];

export const printMembers = (ctx: Context, members: readonly Member[]): Promise<void> =>
  printList(ctx, COLUMNS, members);

/** The arguments of every command on one member. */
export const declareMember = (command: Command): Command =>
  command.argument("<image>", "id of the image, or its name").argument("<member>", "id of the project");
