import type { CommandSpec } from "./command.ts";
import { addLocationCommand } from "./commands/add-location.ts";
import { doctor } from "./commands/doctor.ts";
import { imageCreate } from "./commands/image-create.ts";
import { imageDeactivate } from "./commands/image-deactivate.ts";
import { imageDelete } from "./commands/image-delete.ts";
import { imageDownload } from "./commands/image-download.ts";
import { imageList } from "./commands/image-list.ts";
import { imageReactivate } from "./commands/image-reactivate.ts";
import { imageShow } from "./commands/image-show.ts";
import { imageTagDelete } from "./commands/image-tag-delete.ts";
import { imageTagUpdate } from "./commands/image-tag-update.ts";
import { imageTasksCommand } from "./commands/image-tasks.ts";
import { imageUpdate } from "./commands/image-update.ts";
import { imageUpload } from "./commands/image-upload.ts";
import { locationAdd } from "./commands/location-add.ts";
import { locationDelete } from "./commands/location-delete.ts";
import { locationList } from "./commands/location-list.ts";
import { locationUpdate } from "./commands/location-update.ts";
import { memberCreate } from "./commands/member-create.ts";
import { memberDelete } from "./commands/member-delete.ts";
import { memberGet } from "./commands/member-get.ts";
import { memberList } from "./commands/member-list.ts";
import { memberUpdate } from "./commands/member-update.ts";
import { projectCreate } from "./commands/project-create.ts";
import { projectDelete } from "./commands/project-delete.ts";
import { projectList } from "./commands/project-list.ts";
import { projectSet } from "./commands/project-set.ts";
import { roleAdd } from "./commands/role-add.ts";
import { roleList } from "./commands/role-list.ts";
import { roleRemove } from "./commands/role-remove.ts";
import { storesDelete } from "./commands/stores-delete.ts";
import { storesInfoCommand } from "./commands/stores-info.ts";
import { taskList } from "./commands/task-list.ts";
import { taskShow } from "./commands/task-show.ts";
import { usage } from "./commands/usage.ts";
import { userCreate } from "./commands/user-create.ts";
import { userDelete } from "./commands/user-delete.ts";
import { userList } from "./commands/user-list.ts";
import { userSet } from "./commands/user-set.ts";

/** Each command knows the type of its own options; this list need not. */
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
  anyCommand(imageDeactivate),
  anyCommand(imageReactivate),
  anyCommand(imageTagUpdate),
  anyCommand(imageTagDelete),
  anyCommand(imageTasksCommand),
  anyCommand(memberCreate),
  anyCommand(memberList),
  anyCommand(memberGet),
  anyCommand(memberUpdate),
  anyCommand(memberDelete),
  anyCommand(addLocationCommand),
  anyCommand(locationList),
  anyCommand(locationAdd),
  anyCommand(locationUpdate),
  anyCommand(locationDelete),
  anyCommand(storesInfoCommand),
  anyCommand(storesDelete),
  anyCommand(doctor),
  anyCommand(taskList),
  anyCommand(taskShow),
  anyCommand(usage),
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
