import { type SQL, sql } from "drizzle-orm";
import {
  blob,
  index,
  integer,
  primaryKey,
  type SQLiteColumn,
  sqliteTable,
  text,
} from "drizzle-orm/sqlite-core";

type ImageColumn =
  | ("visibility" | "owner" | "osHidden" | "status" | "createdAt" | "updatedAt" | "id")
  | ("nameOrder" | "containerFormatOrder" | "diskFormatOrder" | "sizeOrder");

type StandingOut = "checksum" | "osHashValue" | "virtualSize" | "protected" | "minRam" | "minDisk";

/**
 * One index for each sort key (db/list-order.ts), ending in the API's tie-breakers. It can be walked in either
 * direction, and images with equal values of its key come in the API's default order.
 */
function inEveryOrder(name: string, way: readonly SQLiteColumn[], t: Record<ImageColumn, SQLiteColumn>) {
  const orders = {
    "": [t.createdAt, t.id],
    _id: [t.id],
    _name: [t.nameOrder, t.createdAt, t.id],
    _status: [t.status, t.createdAt, t.id],
    _container_format: [t.containerFormatOrder, t.createdAt, t.id],
    _disk_format: [t.diskFormatOrder, t.createdAt, t.id],
    _size: [t.sizeOrder, t.createdAt, t.id],
    _updated_at: [t.updatedAt, t.createdAt, t.id],
  };
  return Object.entries(orders).map(([order, columns]) => {
    const [first = t.id, ...rest] = [...way, t.osHidden, ...columns];
    return index(name + order)
      .on(first, ...rest)
      .where(sql`deleted_at IS NULL`);
  });
}

/**
 * Indexes of attributes that no list is sorted by (db/list-leads.ts). Each holds only the images in which the attribute
 * stands out, so that nothing is written for the others. Images with equal values come in the API's default order.
 */
function whereItStandsOut(t: Record<StandingOut | "createdAt" | "id", SQLiteColumn>) {
  const by = (column: SQLiteColumn, value: SQLiteColumn | SQL, has: string) =>
    index(`images_by_${column.name}`)
      .on(value, t.createdAt, t.id)
      .where(sql.raw(`deleted_at IS NULL AND ${column.name} ${has}`));
  return [
    by(t.checksum, t.checksum, "IS NOT NULL"),
    // As many characters as a checksum has, which tell digests apart as well as all of them.
    by(t.osHashValue, sql`substr(os_hash_value, 1, 32)`, "IS NOT NULL"),
    by(t.virtualSize, t.virtualSize, "IS NOT NULL"),
    by(t.protected, t.protected, "= 1"),
    by(t.minRam, t.minRam, "<> 0"),
    by(t.minDisk, t.minDisk, "<> 0"),
  ];
}

/**
 * A text that is never null, to sort and page by: null sorts lowest, and 0 comes before every text. It has no affinity,
 * which would turn the 0 into text. It is a column because an index can be sought by a row value only over columns.
 */
const textOrder = (column: string) =>
  blob(`${column}_order`).generatedAlwaysAs(
    () => sql.raw(`CASE WHEN ${column} IS NULL THEN 0 ELSE ${column} END`),
    { mode: "virtual" },
  );

/**
 * When the row's image was created, so that the row's own index gives a list in the API's default order. A trigger sets
 * it if an INSERT leaves it out, and another keeps it correct (migrations/, `…_image_created_at`): no statement needs
 * to name it.
 */
const imageCreatedAt = () => integer("image_created_at").notNull().default(0);

/**
 * The catalogue. Timestamps are microseconds since the epoch: the API shows whole seconds, and paging uses the rest to
 * break ties (spec/image-api-v2.md section 2.7). Limits on lengths and numbers are the API's, and are checked before a
 * row is written.
 */
export const images = sqliteTable(
  "images",
  {
    id: text("id").primaryKey(),
    name: text("name"),
    /** Written only by the image's Durable Object, as are size, virtual_size, checksum, os_hash_* and generation. */
    status: text("status").notNull(),
    visibility: text("visibility").notNull(),
    protected: integer("protected", { mode: "boolean" }).notNull(),
    osHidden: integer("os_hidden", { mode: "boolean" }).notNull(),
    /** Null: no owner, so only for administrators. */
    owner: text("owner"),
    diskFormat: text("disk_format"),
    containerFormat: text("container_format"),
    /** GiB. */
    minDisk: integer("min_disk").notNull(),
    /** MiB. */
    minRam: integer("min_ram").notNull(),
    /** Bytes. */
    size: integer("size"),
    virtualSize: integer("virtual_size"),
    checksum: text("checksum"),
    osHashAlgo: text("os_hash_algo"),
    osHashValue: text("os_hash_value"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** A deleted image keeps its row: ids are never reused (spec/images.md section 6). */
    deletedAt: integer("deleted_at"),
    /** Raised by every transition; guards each status write against being made twice (docs/storage-schema.md). */
    generation: integer("generation").notNull().default(0),
    /**
     * Bytes of its owner's quota that a running upload may still fill. It stands in this row so that whatever moves the
     * image returns what did not arrive (docs/decisions/0012-usage-is-counted-by-triggers.md).
     */
    reservedBytes: integer("reserved_bytes").notNull().default(0),
    nameOrder: textOrder("name"),
    containerFormatOrder: textOrder("container_format"),
    diskFormatOrder: textOrder("disk_format"),
    /** Like the texts: -1 stands for no size. */
    sizeOrder: integer("size_order").generatedAlwaysAs(
      () => sql`CASE WHEN size IS NULL THEN -1 ELSE size END`,
      { mode: "virtual" },
    ),
  },
  (t) => [
    // The images that administrators list, public images, and a project's own; each in every order (db/list-order.ts).
    ...inEveryOrder("images_by_visibility", [t.visibility], t),
    ...inEveryOrder("images_by_owner", [t.owner, t.visibility], t),
    ...whereItStandsOut(t),
    /** For the scheduled sweep: images that a transfer or a removal has left unfinished. */
    index("images_unsettled").on(t.status).where(sql`status IN ('saving', 'uploading', 'importing')`),
  ],
);

export const imageProperties = sqliteTable(
  "image_properties",
  {
    imageId: text("image_id")
      .notNull()
      .references(() => images.id),
    name: text("name").notNull(),
    /** Null only for kernel_id and ramdisk_id, which the API shows as null (spec/images.md section 1.3). */
    value: text("value"),
    imageCreatedAt: imageCreatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.imageId, t.name] }),
    // Values may be long; their beginning tells nearly all of them apart (db/list-filters.ts).
    index("image_properties_by_value").on(t.name, sql`substr(value, 1, 64)`, t.imageCreatedAt, t.imageId),
  ],
);

export const imageTags = sqliteTable(
  "image_tags",
  {
    imageId: text("image_id")
      .notNull()
      .references(() => images.id),
    value: text("value").notNull(),
    imageCreatedAt: imageCreatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.imageId, t.value] }),
    index("image_tags_by_value").on(t.value, t.imageCreatedAt, t.imageId),
  ],
);

export const imageMembers = sqliteTable(
  "image_members",
  {
    imageId: text("image_id")
      .notNull()
      .references(() => images.id),
    /** A project id, not checked for existence. */
    member: text("member").notNull(),
    status: text("status").notNull().default("pending"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    imageCreatedAt: imageCreatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.imageId, t.member] }),
    index("image_members_by_member").on(t.member, t.status, t.imageCreatedAt, t.imageId),
  ],
);

export const imageLocations = sqliteTable(
  "image_locations",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    imageId: text("image_id")
      .notNull()
      .references(() => images.id),
    /** Never holds a credential. */
    url: text("url").notNull(),
    /** Id of the store that holds the bytes. */
    store: text("store").notNull(),
    metadata: text("metadata", { mode: "json" }).notNull().default({}),
    /**
     * `active`, or `pending_delete` until the store has confirmed that the bytes are gone; then the row is deleted.
     */
    status: text("status").notNull().default("active"),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    index("image_locations_by_image").on(t.imageId, t.status),
    index("image_locations_by_url").on(t.url),
    /** For the scheduled sweep. */
    index("image_locations_to_remove").on(t.imageId).where(sql`status = 'pending_delete'`),
  ],
);

export const tasks = sqliteTable(
  "tasks",
  {
    id: text("id").primaryKey(),
    type: text("type").notNull(),
    status: text("status").notNull(),
    owner: text("owner").notNull(),
    imageId: text("image_id"),
    requestId: text("request_id"),
    userId: text("user_id"),
    expiresAt: integer("expires_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    index("tasks_by_owner").on(t.owner, t.createdAt),
    index("tasks_by_image").on(t.imageId),
    index("tasks_by_time").on(t.createdAt, t.id),
    index("tasks_by_end").on(t.expiresAt),
    /** For the scheduled sweep. */
    index("tasks_unfinished").on(t.imageId).where(sql`status IN ('pending', 'processing')`),
  ],
);

/** The bulky part of a task, separate so that listing tasks does not read it. */
export const taskInfo = sqliteTable("task_info", {
  taskId: text("task_id")
    .primaryKey()
    .references(() => tasks.id),
  input: text("input", { mode: "json" }),
  result: text("result", { mode: "json" }),
  message: text("message").notNull().default(""),
});

/**
 * What a project uses of its quotas (spec/quotas.md section 1). Only the triggers of the migration that created it
 * write it, and keep it equal to the rows of `images` and `image_locations`.
 */
export const projectUsage = sqliteTable("project_usage", {
  project: text("project").primaryKey(),
  /** All but killed, pending_delete and deleted ones. */
  images: integer("images").notNull().default(0),
  /** Those in saving, uploading or importing. */
  uploading: integer("uploading").notNull().default(0),
  /** Size times active locations, of all but killed and deleted images. */
  bytes: integer("bytes").notNull().default(0),
  /** Size of those in uploading or importing. */
  stagedBytes: integer("staged_bytes").notNull().default(0),
  reservedBytes: integer("reserved_bytes").notNull().default(0),
});
