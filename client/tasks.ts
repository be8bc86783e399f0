import { ClientError } from "./errors.ts";
import { imagePath, samePlace } from "./images.ts";
import { jsonOf, jsonRequest, type Session } from "./session.ts";

/** A piece of work of the service; the lists leave `input`, `result` and `message` out. */
export interface Task {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly owner: string;
  readonly [attribute: string]: unknown;
}

export interface TaskQuery {
  readonly pageSize: number;
  readonly sortKey: string;
  readonly sortDir: string;
  readonly type?: string | undefined;
  readonly status?: string | undefined;
}

/** Every task the query matches, page after page, as they are asked for. */
export async function* listTasks(session: Session, query: TaskQuery): AsyncGenerator<Task> {
  const { pageSize, sortKey, sortDir, type, status } = query;
  const parameters = new URLSearchParams({
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { status }),
    ...{ limit: String(pageSize), sort_key: sortKey, sort_dir: sortDir },
  });
  let next: string | undefined = `/v2/tasks?${parameters}`;
  while (next) {
    const page: TaskPage = await jsonOf(await session.image(jsonRequest("GET", next)));
    yield* page.tasks;
    next = page.next === undefined ? undefined : samePlace(page.next);
  }
}

interface TaskPage {
  readonly tasks: readonly Task[];
  readonly next?: string;
}

export async function showTask(session: Session, id: string): Promise<Task> {
  if (!id) throw new ClientError("A task id is empty.");
  return jsonOf(await session.image(jsonRequest("GET", `/v2/tasks/${encodeURIComponent(id)}`)));
}

export async function imageTasks(session: Session, imageId: string): Promise<readonly Task[]> {
  const answer = await session.image(jsonRequest("GET", `${imagePath(imageId)}/tasks`));
  return (await jsonOf<{ tasks: Task[] }>(answer)).tasks;
}
