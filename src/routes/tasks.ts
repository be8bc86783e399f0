import { Hono } from "hono";
import { scopeOf } from "../actions/scope.ts";
import { visibleImage } from "../actions/visible-image.ts";
import { findTask, imageTasks, listTasks } from "../db/tasks.ts";
import { isAdmin } from "../domain/caller.ts";
import { ServiceError } from "../domain/errors.ts";
import { authorize } from "../domain/policy.ts";
import { imageTaskView, taskItem, taskView } from "../domain/task.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { pageLinks } from "../http/pagination.ts";
import * as docs from "./task-docs.ts";
import { parseTaskQuery } from "./task-query.ts";

const LIST = "/v2/tasks";
const TASK = "/v2/tasks/:task_id";
const OF_IMAGE = "/v2/images/:image_id/tasks";

/** Work that requests started and did not wait for (spec/info-tasks-cache.md sections 2 and 3). */
export const tasks = new Hono<AppTypes>();

// A caller without the permission is told neither what exists nor which methods there are.
for (const path of [LIST, TASK])
  tasks.use(path, async (c, next) => {
    authorize("tasks_api_access", c.var.caller);
    await next();
  });
tasks.use(LIST, allow("GET"));
tasks.use(TASK, allow("GET"));
tasks.use(OF_IMAGE, allow("GET"));

const now = () => Date.now() * 1000;

class ListTasks extends Route {
  override schema = schemaOf(docs.listTasks);

  override async handle(c: AppContext) {
    authorize("get_tasks", c.var.caller);
    const params = new URL(c.req.url).searchParams;
    const query = parseTaskQuery(params, c.var.config.limits);
    const { hasMarker, page } = await listTasks(c.env.DB, query, now());
    if (query.marker !== undefined && !hasMarker)
      throw new ServiceError("invalid", `No task found with ID ${query.marker}`);
    const links = pageLinks(LIST, params, { ids: page.map(({ id }) => id), limit: query.limit });
    return c.json({ tasks: page.map(taskItem), ...links, schema: "/v2/schemas/tasks" });
  }
}

class ShowTask extends Route {
  override schema = schemaOf(docs.showTask);

  override async handle(c: AppContext) {
    authorize("get_task", c.var.caller);
    const id = c.req.param("task_id") ?? "";
    const task = await findTask(c.env.DB, id, now());
    if (!task) throw new ServiceError("notFound", `No task found with ID ${id}`);
    return c.json(taskView(task));
  }
}

class ListImageTasks extends Route {
  override schema = schemaOf(docs.listImageTasks);

  override async handle(c: AppContext) {
    const image = await visibleImage(scopeOf(c), c.req.param("image_id") ?? "");
    authorize("get_tasks", c.var.caller);
    const { caller } = c.var;
    // Tasks without a project, from a system-scoped administrator, are for administrators only.
    if (!isAdmin(caller) && caller.projectId === null) return c.json({ tasks: [] });
    const owner = isAdmin(caller) ? undefined : (caller.projectId ?? undefined);
    const found = await imageTasks(c.env.DB, image.id, { owner, now: now() });
    return c.json({ tasks: found.map(imageTaskView) });
  }
}

export const tasksApi = documented(tasks);
tasksApi.get(LIST, ListTasks);
tasksApi.get(TASK, ShowTask);
tasksApi.get(OF_IMAGE, ListImageTasks);
