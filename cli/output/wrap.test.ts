import { expect, test } from "vitest";
import { wrap } from "./wrap.ts";

test("breaks at blanks and drops those at the break", () => {
  expect(wrap("one two  three", 8)).toEqual(["one two", "three"]);
});

test("breaks after a hyphen between letters, not between digits", () => {
  expect(wrap('["glance-direct"]', 12)).toEqual(['["glance-', 'direct"]']);
  expect(wrap("1-2 10-20", 7)).toEqual(["1-2", "10-20"]);
});

test("cuts a word that fits on no line at the edge of the column", () => {
  expect(wrap("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
});

test("cuts such a word after its last hyphen that fits", () => {
  expect(wrap("x e9a-ac4a-1b9b6e5e7d95", 10)).toEqual(["x e9a-", "ac4a-", "1b9b6e5e7d", "95"]);
});

test("loses nothing but blanks, whatever the text and the width", () => {
  const text = `a-b --c foo-bar  baz_${"q".repeat(30)}-r ${"-".repeat(25)} z`;
  for (let width = 1; width < 40; width += 1) {
    const lines = wrap(text, width);
    expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});
