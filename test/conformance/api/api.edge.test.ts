import { describe, expect, test } from "vitest";
import { play } from "./play.ts";
import { PAGES, ROWS } from "./rows.ts";

/** Every row is a test of its own name, through the whole worker: routes, policy, catalogue, objects, stores. */
for (const [page, rows] of Object.entries(PAGES))
  describe(page, () => {
    for (const row of rows) test(row.row, () => play(row));
  });

test("a row has a name of its own, which says its page and section", () => {
  const names = ROWS.map(({ row }) => row);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+ §[\d.]+: \S/);
});
