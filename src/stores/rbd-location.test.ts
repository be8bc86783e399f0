import { expect, test } from "vitest";
import { rbdLocationOf, rbdPlaceIn, rbdPlaceOf } from "./rbd-location.ts";

const FSID = "99a3b501-a5f5-4b36-b196-0010dbce8dc7";
const pool = { fsid: FSID, pool: "images" };
const place = { image: "7f3c.2", snapshot: "snap" };

test("a location has four parts", () => {
  expect(rbdLocationOf(pool, "7f3c.2")).toBe(`rbd://${FSID}/images/7f3c.2/snap`);
  expect(rbdPlaceOf(pool, `rbd://${FSID}/images/7f3c.2/snap`)).toEqual(place);
});

test.each([
  ["in capitals", `RBD://${FSID}/images/7f3c.2/snap`, place],
  ["percent-encoded", `rbd://${FSID}/im%61ges/%37f3c%2e2/sn%61p`, place],
  ["of another snapshot", `rbd://${FSID}/images/a/first`, { image: "a", snapshot: "first" }],
  ["of the oldest form", "rbd://a", { image: "a" }],
])("a location %s is read as what it means", (_how, url, expected) => {
  expect(rbdPlaceIn(pool, url)).toEqual(expected);
});

test.each([
  ["another cluster", "rbd://00000000-a5f5-4b36-b196-0010dbce8dc7/images/a/snap"],
  ["another pool", `rbd://${FSID}/volumes/a/snap`],
  ["a pool whose name goes on", `rbd://${FSID}/images2/a/snap`],
  ["two parts", "rbd://images/a"],
  ["three parts", `rbd://${FSID}/images/a`],
  ["five parts", `rbd://${FSID}/images/a/snap/`],
  ["no image", `rbd://${FSID}/images//snap`],
  ["an image with a slash in its name", `rbd://${FSID}/images/a%2Fb/snap`],
  ["an image with a name that is none", `rbd://${FSID}/images/%00/snap`],
  ["no snapshot", `rbd://${FSID}/images/a/`],
  ["letters beyond ASCII", "rbd://ä"],
  ["an escape that is cut off", "rbd://a%2"],
  ["nothing", "rbd://"],
  ["another scheme", "file:///a"],
])("a location of %s is another store's", (_what, url) => {
  expect(rbdPlaceIn(pool, url)).toBeUndefined();
  expect(() => rbdPlaceOf(pool, url)).toThrow(expect.objectContaining({ kind: "invalid" }));
});
