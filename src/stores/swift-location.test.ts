import { expect, test } from "vitest";
import { containerOf, isSegment, isSegmentOf, locationOf, objectAt } from "./swift-location.ts";

const id = "71c675ab-d94f-49cd-a114-e12490b328d9";
const names = {
  reference: "ref1",
  authUrl: "https://auth.example.org:5000/v3",
  accountUser: "service:glance",
  container: "glance",
  containerSeed: 0,
};

test("writes locations that name no credentials", () => {
  expect(locationOf(names, id)).toBe(`swift+config://ref1/glance/${id}`);
  expect(locationOf({ ...names, containerSeed: 3 }, id)).toBe(`swift+config://ref1/glance_71c/${id}`);
});

test("counts dashes into the container's name as Glance does", () => {
  const of = (containerSeed: number) => containerOf({ ...names, containerSeed }, id.toUpperCase());
  expect([1, 8, 9, 14, 32].map(of)).toEqual([
    "glance_7",
    "glance_71c675ab",
    "glance_71c675ab-d",
    "glance_71c675ab-d94f-49",
    `glance_${id}`,
  ]);
});

test("finds its objects by each form of the location, whatever key stands in it", () => {
  const found = { container: "glance", key: id };
  const rest = `auth.example.org:5000/v3/glance/${id}`;
  for (const location of [
    `swift+config://ref1/glance/${id}`,
    `swift+https://service%3Aglance:secret@${rest}`,
    `swift://service:glance:other%2Fsecret@${rest}`,
    `swift+https://service%3Aglance@${rest}`,
    `swift+https://${rest}`,
  ])
    expect(objectAt(names, location), location).toEqual(found);
  expect(objectAt(names, `swift+config://ref1/glance_71c/${id}`)).toEqual({
    container: "glance_71c",
    key: id,
  });
  const plain = { ...names, authUrl: "http://127.0.0.1:8080/auth/v1.0/", accountUser: "test:tester" };
  expect(objectAt(plain, `swift+http://test%3Atester:testing@127.0.0.1:8080/auth/v1.0/glance/${id}`)).toEqual(
    found,
  );
});

test.each([
  ["another reference", `swift+config://ref2/glance/${id}`],
  ["another container", `swift+config://ref1/other/${id}`],
  ["the container of another image", `swift+config://ref1/glance_81c/${id}`],
  ["credentials by reference", `swift+config://user:key@ref1/glance/${id}`],
  ["another user", `swift+https://service%3Aother:secret@auth.example.org:5000/v3/glance/${id}`],
  ["credentials that are masked", `swift+https://***@auth.example.org:5000/v3/glance/${id}`],
  ["credentials that cannot be read", `swift+https://%zz:k@auth.example.org:5000/v3/glance/${id}`],
  ["another server", `swift+https://auth.example.com:5000/v3/glance/${id}`],
  ["another path", `swift+https://auth.example.org:5000/v2.0/glance/${id}`],
  ["another scheme", `swift+http://auth.example.org:5000/v3/glance/${id}`],
  ["a scheme twice", `swift+https://u:k@https://auth.example.org:5000/v3/glance/${id}`],
  ["a segment", `swift+config://ref1/glance/${id}-00001`],
  ["no key", "swift+config://ref1/glance/"],
  ["a key with a path", `swift+config://ref1/glance/x/${id}`],
  ["nothing", ""],
])("takes no location with %s for its own", (_, location) => {
  expect(objectAt(names, location)).toBeUndefined();
});

test("tells segments from images", () => {
  for (const name of [`${id}-00001`, `${id}-0123456789ab-00001`, `${id}.2-0123456789ab-99999`])
    expect(isSegment(name), name).toBe(true);
  for (const name of [id, `${id}.2`, `${id}-1`, `${id}-0123456`]) expect(isSegment(name), name).toBe(false);
  expect(isSegmentOf(id, `${id}-0123456789ab-00001`)).toBe(true);
  expect(isSegmentOf(id, `${id}-a-00001`)).toBe(false);
  expect(isSegmentOf(id, `${id}.2-00001`)).toBe(false);
  expect(() => locationOf(names, `${id}-00001`)).toThrow(expect.objectContaining({ kind: "invalid" }));
});
