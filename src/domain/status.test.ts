import { expect, test } from "vitest";
import { EDGES, next, STATUSES, type Status } from "./status.ts";

/** spec/states.md section 2, line by line. */
const LEGAL: Record<Status, Status[]> = {
  queued: ["saving", "uploading", "importing", "active", "deleted"],
  saving: ["active", "queued", "deleted"],
  uploading: ["importing", "queued", "deleted"],
  importing: ["active", "deleted", "queued"],
  active: ["pending_delete", "deleted", "deactivated"],
  killed: ["deleted"],
  pending_delete: ["deleted", "active"],
  deactivated: ["active", "deleted"],
  deleted: [],
};

test.each(STATUSES)("from %s an image goes where the specification lets it, and nowhere else", (from) => {
  const reached = new Set(
    EDGES.filter((edge) => edge.from === from && edge.to !== from).map((edge) => edge.to),
  );
  expect([...reached].sort()).toEqual([...LEGAL[from]].sort());
});

test("every event that a status does not know leads nowhere", () => {
  const events = new Set(EDGES.map((edge) => edge.event));
  for (const from of STATUSES)
    for (const event of events)
      expect(next(from, event)).toBe(EDGES.find((edge) => edge.from === from && edge.event === event)?.to);
});

test("a deleted image stays deleted", () => {
  expect(EDGES.some((edge) => edge.from === "deleted")).toBe(false);
});
