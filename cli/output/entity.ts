import type { Project, Role, User } from "@glimpse/client/identity.ts";
import type { Context } from "../context.ts";
import { type ColumnOf, type Fields, printList, printRecord } from "./print.ts";

interface Named extends Fields {
  readonly name: string;
}

const COLUMNS: readonly ColumnOf<User | Project | Role>[] = [
  { heading: "ID", field: "id" },
  { heading: "Name", field: "name" },
];
const ENABLED: ColumnOf<User | Project> = { heading: "Enabled", field: "enabled" };

/** A user, project or role: everything that the identity service returned, except its links. */
export async function printEntity(ctx: Context, entity: Named): Promise<void> {
  await printRecord(ctx, withoutLinks(entity));
}

export async function printEntities(
  ctx: Context,
  entities: readonly Named[],
  opts: { enabled?: boolean } = {},
): Promise<void> {
  const sorted = [...entities].sort((a, b) => (a.name < b.name ? -1 : 1));
  await printList(ctx, opts.enabled ? [...COLUMNS, ENABLED] : COLUMNS, sorted.map(withoutLinks));
}

function withoutLinks({ links: _links, ...fields }: Named): Fields {
  return fields;
}
