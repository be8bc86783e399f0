import { afterEach, expect, test, vi } from "vitest";
import { FakeKeystone } from "../../test/support/fake-keystone.ts";
import { KeystoneClient } from "./keystone-client.ts";
import { KeystoneLimits } from "./keystone-limits.ts";

afterEach(() => {
  vi.useRealTimers();
});

const REGISTERED = {
  image_size_total: 1000,
  image_stage_total: 500,
  image_count_total: 10,
  image_count_uploading: -1,
};
const LIMITS = "/v3/limits";

/** A Keystone with limits registered for all regions, one of them otherwise in R1, and one that a project has of its own. */
function withKeystone(registered: Record<string, number> = REGISTERED) {
  const keystone = new FakeKeystone();
  const outages: unknown[] = [];
  const state = { isAway: false, asked: [] as string[] };
  const answers = (url: URL): unknown => {
    if (url.pathname === "/v3/services") return { services: [{ id: "s1" }] };
    if (url.searchParams.get("service_id") !== "s1") return undefined;
    if (url.pathname === "/v3/registered_limits")
      return {
        registered_limits: [
          ...Object.entries(registered).map(([resource_name, default_limit]) => ({
            resource_name,
            default_limit,
            region_id: null,
          })),
          { resource_name: "image_size_total", default_limit: 77, region_id: "R1" },
          { resource_name: "image_size_total", default_limit: 88, region_id: "R2" },
        ],
      };
    const own = { resource_name: "image_count_total", region_id: "R1", resource_limit: 3 };
    return { limits: url.searchParams.get("project_id") === "own" ? [own] : [] };
  };
  const client = new KeystoneClient({
    authUrl: "http://keystone",
    auth: {},
    timeoutSeconds: 5,
    fetch: async (url, init) => {
      if (init.method !== "GET") return keystone.fetch(url, init);
      if (state.isAway) return Response.json({}, { status: 503 });
      state.asked.push(new URL(url).pathname);
      return Response.json(answers(new URL(url)));
    },
  });
  return {
    outages,
    state,
    limits: new KeystoneLimits(client, "R1", (error) => outages.push(error)),
  };
}

test("a project has its own limits, those of the region, and the registered ones where it has none", async () => {
  const { limits } = withKeystone();
  expect(await limits.of("other")).toEqual({ ...REGISTERED, image_size_total: 77 });
  expect(await limits.of("own")).toEqual({ ...REGISTERED, image_size_total: 77, image_count_total: 3 });
});

test("Keystone is asked once a minute for a project, however many want to know", async () => {
  const { limits, state } = withKeystone();
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  await Promise.all(Array.from({ length: 10 }, () => limits.of("p")));
  vi.setSystemTime(Date.now() + 59_000);
  await limits.of("p");
  expect(state.asked.filter((path) => path === LIMITS)).toHaveLength(1);
  vi.setSystemTime(Date.now() + 2_000);
  await limits.of("p");
  expect(state.asked.filter((path) => path === LIMITS)).toHaveLength(2);
});

test("while Keystone is away what was known serves for a quarter of an hour, and then nothing does", async () => {
  const { limits, outages, state } = withKeystone();
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const known = await limits.of("p");
  state.isAway = true;
  vi.setSystemTime(Date.now() + 14 * 60_000);
  expect(await limits.of("p")).toEqual(known);
  expect(outages).toHaveLength(1);
  await expect(limits.of("unknown")).rejects.toMatchObject({ kind: "unavailable" });
  vi.setSystemTime(Date.now() + 2 * 60_000);
  await expect(limits.of("p")).rejects.toMatchObject({ kind: "unavailable" });
});

test("a limit that is not registered is none that anybody could hold to", async () => {
  const { image_stage_total: _, ...some } = REGISTERED;
  const { limits } = withKeystone(some);
  const cause = expect.objectContaining({ message: expect.stringContaining("image_stage_total") });
  await expect(limits.of("p")).rejects.toMatchObject({ kind: "unavailable", cause });
});
