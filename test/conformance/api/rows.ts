import type { Row } from "./row.ts";
import { actions } from "./rows/actions.ts";
import { conventions } from "./rows/conventions.ts";
import { data } from "./rows/data.ts";
import { formats } from "./rows/formats.ts";
import { imagesCreate } from "./rows/images-create.ts";
import { imagesList } from "./rows/images-list.ts";
import { imagesPatch } from "./rows/images-patch.ts";
import { imagesShowDelete } from "./rows/images-show-delete.ts";
import { info } from "./rows/info.ts";
import { locations } from "./rows/locations.ts";
import { locationsPatch } from "./rows/locations-patch.ts";
import { members } from "./rows/members.ts";
import { quotas } from "./rows/quotas.ts";
import { rbac } from "./rows/rbac.ts";
import { schemas } from "./rows/schemas.ts";
import { states } from "./rows/states.ts";
import { tags } from "./rows/tags.ts";
import { tasks } from "./rows/tasks.ts";
import { versions } from "./rows/versions.ts";

/** The tables, by the page of spec/ that they hold. */
export const PAGES: Readonly<Record<string, readonly Row[]>> = {
  "image-api-v2": [...versions, ...conventions],
  images: [...imagesCreate, ...imagesShowDelete, ...imagesList, ...imagesPatch],
  data: [...data, ...actions],
  "members-tags": [...members, ...tags],
  locations: [...locations, ...locationsPatch],
  states,
  schemas,
  rbac,
  quotas,
  "formats-hashes": formats,
  "info-tasks-cache": [...info, ...tasks],
};

export const ROWS: readonly Row[] = Object.values(PAGES).flat();
