import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { admin, ask, member, reader } from "../../test/support/catalogue.ts";
import {
  expectedList,
  keep,
  type ModelImage,
  randomImage,
  randomOf,
  randomQuery,
} from "../../test/support/list-model.ts";
import { parseListQuery } from "../domain/list-query.ts";
import { imageListSql } from "./image-list.ts";

const LIMITS = { listLimitDefault: 25, listLimitMax: 1000 };

const PERSONAS = {
  admin: admin("p1"),
  member: member("p1"),
  reader: reader("p2"),
  outsider: member("nowhere"),
};
type Name = keyof typeof PERSONAS;
const NAMES = Object.keys(PERSONAS) as Name[];
const audienceOf = (name: Name) => ({
  projectId: PERSONAS[name].projectId,
  isAdmin: PERSONAS[name].role === "admin",
});

async function newCatalogue(seed: number): Promise<{ images: ModelImage[]; ids: string[] }> {
  await env.DB.batch(
    ["image_properties", "image_tags", "image_members", "images"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
  const random = randomOf(seed);
  const images = Array.from({ length: 80 }, () => randomImage(random));
  await keep(images);
  return { images, ids: images.map(({ id }) => id) };
}

/** The ids of one page, with so many matches of a filter counting as few. */
async function pageOf(query: string, name: Name, few: number): Promise<string[]> {
  const { sql, values } = imageListSql(
    parseListQuery(new URLSearchParams(query), LIMITS),
    audienceOf(name),
    few,
  );
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

test.each([1, 2, 3])(
  "all pages of any list together are what a look at every image finds, in order (catalogue %i)",
  async (seed) => {
    const { images, ids } = await newCatalogue(seed);
    const random = randomOf(seed * 1000);
    for (let round = 0; round < 100; round++) {
      const query = randomQuery(random, ids);
      const name = random.pick(NAMES);
      // With none or two being few, each of the ways to find what is filtered is taken.
      const few = random.pick([0, 2, 10, 2000]);
      const asked = parseListQuery(new URLSearchParams(query), LIMITS);
      const found: string[] = [];
      for (let page = await pageOf(query, name, few); ; ) {
        found.push(...page);
        if (page.length < asked.limit) break;
        page = await pageOf(`${query}&marker=${found.at(-1)}`, name, few);
        expect(found.length, query).toBeLessThanOrEqual(images.length);
      }
      const what = `${name}, few ${few}: ${query}`;
      expect(found, what).toEqual(expectedList(images, asked, audienceOf(name)));
      // A marker need not be in the list.
      const after = `${query}&marker=${random.pick(images.filter((image) => image.deleted_at === null)).id}`;
      const marked = parseListQuery(new URLSearchParams(after), LIMITS);
      expect(await pageOf(after, name, few), `${name}, few ${few}: ${after}`).toEqual(
        expectedList(images, marked, audienceOf(name)).slice(0, marked.limit),
      );
    }
  },
  60_000,
);

test.each([0, 2000])("a digest leads nobody to another project's private image (few %i)", async (few) => {
  await newCatalogue(4);
  const digests = { checksum: "c".repeat(32), os_hash_value: "d".repeat(128) };
  const image: ModelImage = {
    ...randomImage(randomOf(44)),
    ...{ ...digests, status: "active", deleted_at: null, visibility: "private", owner: "p3", os_hidden: 0 },
    members: { p1: "accepted", p2: "accepted" },
  };
  await keep([image]);
  for (const query of Object.entries(digests).map((each) => each.join("=")))
    for (const name of NAMES)
      for (const order of [
        "",
        "&sort=name:asc",
        "&visibility=all",
        "&visibility=shared",
        "&member_status=all",
      ]) {
        const seen = name === "admin" && order !== "&visibility=shared" ? [image.id] : [];
        expect(await pageOf(query + order, name, few), `${name}: ${query}${order}`).toEqual(seen);
      }
});

test("whoever follows `next` to the end sees every image of the list once, in order", async () => {
  const { images, ids } = await newCatalogue(5);
  const random = randomOf(5000);
  for (let round = 0; round < 60; round++) {
    const query = randomQuery(random, ids);
    const name = random.pick(NAMES);
    const found: string[] = [];
    for (let next: string | undefined = `/v2/images?${query}`; next; ) {
      const { status, body } = await ask("GET", next, { as: PERSONAS[name] });
      expect(status, next).toBe(200);
      found.push(...body.images.map(({ id }: { id: string }) => id));
      expect(found.length, next).toBeLessThanOrEqual(images.length);
      next = body.next;
    }
    const asked = parseListQuery(new URLSearchParams(query), LIMITS);
    expect(found, `${name}: ${query}`).toEqual(expectedList(images, asked, audienceOf(name)));
  }
}, 60_000);
