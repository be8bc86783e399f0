import { expect, it } from "vitest";
import { markdownOf } from "./table.ts";

const section = { title: "Shows", columns: ["work", "a second"] };

it("tells each row under its columns", () => {
  expect(markdownOf({ ...section, rows: [["show", "9"]] })).toBe(
    "### Shows\n\n| work | a second |\n| --- | --: |\n| show | 9 |",
  );
});

it("takes no row of more or fewer cells than there are columns", () => {
  for (const row of [["show"], ["show", "9", "met"]])
    expect(() => markdownOf({ ...section, rows: [row] })).toThrow("Shows: a row of other columns");
});
