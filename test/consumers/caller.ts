import {
  type Answer,
  ask,
  member,
  PATCH_TYPE,
  type Persona,
  stranger,
  tokenOf,
} from "../support/catalogue.ts";
import { getData, putData } from "../support/image-data.ts";

/** A service of the cloud that asks with its user's token and, beside it, its own (spec/consumers.md). */
export class Consumer {
  readonly user: Persona;

  constructor(project: string) {
    this.user = member(project);
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const service = { "x-service-token": await tokenOf(stranger("service")) };
    return ask(method, path, {
      as: this.user,
      headers: { ...service, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  show = (id: string) => this.call("GET", `/v2/images/${id}`);

  /** As the Python client updates: it always names the newer media type. */
  update = (id: string, operations: unknown) =>
    this.call("PATCH", `/v2/images/${id}`, operations, { "content-type": PATCH_TYPE });

  upload = (id: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
    putData(id, { as: this.user, body, headers });

  download = (id: string) => getData(id, { as: this.user });
}
