import type { CommandSpec } from "./command.ts";
import { imageCreate } from "./commands/image-create.ts";
import { imageDelete } from "./commands/image-delete.ts";
import { imageDownload } from "./commands/image-download.ts";
import { imageList } from "./commands/image-list.ts";
import { imageShow } from "./commands/image-show.ts";
import { imageUpdate } from "./commands/image-update.ts";
import { imageUpload } from "./commands/image-upload.ts";
import { projectCreate } from "./commands/project-create.ts";
import { projectDelete } from "./commands/project-delete.ts";
import { projectList } from "./commands/project-list.ts";
import { projectSet } from "./commands/project-set.ts";
import { roleAdd } from "./commands/role-add.ts";
import { roleList } from "./commands/role-list.ts";
import { roleRemove } from "./commands/role-remove.ts";
import { userCreate } from "./commands/user-create.ts";
import { userDelete } from "./commands/user-delete.ts";
import { userList } from "./commands/user-list.ts";
import { userSet } from "./commands/user-set.ts";

/** Each command says itself what its options parse to; whoever holds them all need not know. */
const anyCommand = <O extends object>(spec: CommandSpec<O>) => spec as unknown as CommandSpec;

/** Every command, in the order that help lists them. */
export const COMMANDS: readonly CommandSpec[] = [
  anyCommand(imageCreate),
  anyCommand(imageList),
  anyCommand(imageShow),
  anyCommand(imageUpdate),
  anyCommand(imageUpload),
  anyCommand(imageDownload),
  anyCommand(imageDelete),
  anyCommand(userCreate),
  anyCommand(userList),
  anyCommand(userSet),
  anyCommand(userDelete),
  anyCommand(projectCreate),
  anyCommand(projectList),
  anyCommand(projectSet),
  anyCommand(projectDelete),
  anyCommand(roleList),
  anyCommand(roleAdd),
  anyCommand(roleRemove),
];
