/**
 * The status machine of an image as data (spec/states.md section 2). `docs/image-status.md` is generated from it. Every
 * status is listed, including those with no way out.
 */
export const STATUSES = [
  "queued",
  "saving",
  "uploading",
  "importing",
  "active",
  "deactivated",
  "killed",
  "pending_delete",
  "deleted",
] as const;

export type Status = (typeof STATUSES)[number];

export type ImageEvent =
  | "beginUpload"
  | "finishUpload"
  | "failUpload"
  | "beginStage"
  | "failStage"
  | "beginImport"
  | "finishImport"
  | "failImport"
  | "addLocation"
  /** These two leave the status unchanged. */
  | "changeLocations"
  | "recordHash"
  | "deactivate"
  | "reactivate"
  | "delete"
  | "delayDelete"
  | "restore";

/** Events of the API's machine that nothing causes yet: there is no staging, and no delayed delete. */
export const NOT_USED_YET: ReadonlySet<ImageEvent> = new Set<ImageEvent>([
  "beginStage",
  "failStage",
  "delayDelete",
  "restore",
]);

const NEXT: Record<Status, Partial<Record<ImageEvent, Status>>> = {
  queued: {
    beginUpload: "saving",
    beginStage: "uploading",
    beginImport: "importing",
    addLocation: "active",
    delete: "deleted",
  },
  saving: { finishUpload: "active", failUpload: "queued", delete: "deleted" },
  uploading: { beginImport: "importing", failStage: "queued", delete: "deleted" },
  importing: { finishImport: "active", failImport: "queued", delete: "deleted" },
  active: {
    changeLocations: "active",
    recordHash: "active",
    deactivate: "deactivated",
    delete: "deleted",
    delayDelete: "pending_delete",
  },
  deactivated: { recordHash: "deactivated", reactivate: "active", delete: "deleted" },
  killed: { delete: "deleted" },
  pending_delete: { delete: "deleted", restore: "active" },
  deleted: {},
};

/** The status after `event`, or undefined if the event is not allowed in this status. */
export const next = (from: Status, event: ImageEvent): Status | undefined => NEXT[from][event];

/** Every edge, for the diagram and for the test that walks all pairs. */
export const EDGES: readonly { from: Status; event: ImageEvent; to: Status }[] = STATUSES.flatMap((from) =>
  (Object.entries(NEXT[from]) as [ImageEvent, Status][]).map(([event, to]) => ({ from, event, to })),
);

/** Statuses in which there is no data to read (spec/states.md section 1). */
export const WITHOUT_DATA: ReadonlySet<Status> = new Set<Status>(["queued", "saving", "uploading"]);

/** Statuses in which disk_format and container_format may still change (spec/images.md section 5.4). */
export const FORMATS_OPEN: ReadonlySet<Status> = new Set<Status>(["queued", "importing"]);
