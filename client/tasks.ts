import { dataOf, type Schemas } from "./api.ts";
import type { DataOf, ParametersIn } from "./calls.ts";
import type { operations } from "./generated/api.ts";
import { given } from "./given.ts";
import { ofImage, searchOf } from "./images.ts";
import type { Session } from "./session.ts";

/** A piece of work of the service. */
export type Task = Schemas["Task"];
/** What lists tell of one: neither `input` nor `result` nor `message`. */
export type TaskItem = Schemas["TaskItem"];
export type ImageTask = DataOf<"get", "/v2/images/{image_id}/tasks">["tasks"][number];

type ListParameters = ParametersIn<"query", operations["list_tasks"]>;

export interface TaskQuery {
  readonly pageSize: number;
  readonly sortKey: ListParameters["sort_key"];
  readonly sortDir: ListParameters["sort_dir"];
  readonly type?: ListParameters["type"] | undefined;
  readonly status?: ListParameters["status"] | undefined;
}

/** Every task the query matches, page after page, as they are asked for. */
export async function* listTasks(session: Session, query: TaskQuery): AsyncGenerator<TaskItem> {
  const { pageSize: limit, sortKey: sort_key, sortDir: sort_dir, type, status } = query;
  const parameters = given<ListParameters>({ type, status, limit, sort_key, sort_dir });
  let page = await dataOf(session.api.GET("/v2/tasks", { params: { query: parameters } }));
  for (;;) {
    yield* page.tasks;
    if (page.next === undefined) return;
    const search = searchOf(page.next, "/v2/tasks");
    page = await dataOf(session.api.GET("/v2/tasks", { querySerializer: () => search }));
  }
}

export const showTask = (session: Session, id: string): Promise<Task> =>
  dataOf(session.api.GET("/v2/tasks/{task_id}", { params: { path: { task_id: id } } }));

export const imageTasks = async (session: Session, imageId: string): Promise<readonly ImageTask[]> =>
  (await dataOf(session.api.GET("/v2/images/{image_id}/tasks", { params: ofImage(imageId) }))).tasks;
