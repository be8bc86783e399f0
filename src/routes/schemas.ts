import { Hono } from "hono";
import { IMAGE_SCHEMA, IMAGES_SCHEMA } from "../domain/image-schema.ts";
import { MEMBER_SCHEMA, MEMBERS_SCHEMA } from "../domain/member.ts";
import { TASK_SCHEMA, TASKS_SCHEMA } from "../domain/task.ts";
import type { AppTypes } from "../http/app-types.ts";
import { documented, Route, schemaOf } from "../http/documented.ts";
import { allow } from "../http/methods.ts";
import { requireNoBody } from "../http/no-body.ts";
import { schemaDocs } from "./info-docs.ts";

export const schemas = new Hono<AppTypes>();

export const schemasApi = documented(schemas);

for (const document of [
  IMAGE_SCHEMA,
  IMAGES_SCHEMA,
  MEMBER_SCHEMA,
  MEMBERS_SCHEMA,
  TASK_SCHEMA,
  TASKS_SCHEMA,
]) {
  const path = `/v2/schemas/${document.name}`;
  const text = JSON.stringify(document);
  const schema = schemaOf(schemaDocs(document.name));
  schemas.use(path, allow("GET"));
  schemasApi.get(
    path,
    class extends Route {
      override schema = schema;

      override async handle(c: Parameters<Route["handle"]>[0]) {
        await requireNoBody(c.req.raw);
        return c.body(text, 200, { "content-type": "application/json" });
      }
    },
  );
}
