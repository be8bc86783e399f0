import { expect, test } from "vitest";
import { admin, ask, created, OLD_PATCH_TYPE, PATCH_TYPE } from "../../test/support/catalogue.ts";
import { FIELD_NAMES, FILTER_NAMES, ODD_TEXTS } from "../../test/support/odd-texts.ts";

/** Numbers that are the same in every run: what fails once fails again. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const next = sequence(20_261_123);
const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;

function value(depth = 0): unknown {
  const kind = next(depth > 3 ? 6 : 8);
  if (kind < 3) return pick(ODD_TEXTS);
  if (kind === 3) return pick([0, -1, 1.5, 2 ** 31, 2 ** 53, 1e300]);
  if (kind === 4) return pick([true, false]);
  if (kind === 5) return null;
  if (kind === 6) return Array.from({ length: next(4) }, () => value(depth + 1));
  return object(depth + 1);
}

const key = () => pick([...FIELD_NAMES, ...ODD_TEXTS]);
const object = (depth = 0) =>
  Object.fromEntries(Array.from({ length: next(5) }, () => [key(), value(depth)]));

const operation = () =>
  pick([
    () => value(),
    () => ({ op: pick(["add", "replace", "remove", "test"]), path: `/${key()}`, value: value() }),
    () => ({ op: pick(["add", "replace", "remove"]), path: `/${pick(FIELD_NAMES)}`, value: pick(ODD_TEXTS) }),
    () => ({ op: "add", path: value(), value: value() }),
    () => ({ [pick(["add", "replace", "remove"])]: pick([`/${key()}`, value()]), value: value() }),
  ])();

const encoded = () =>
  pick([encodeURIComponent(pick(ODD_TEXTS).toWellFormed()), "%00", "%ff", "%zz", "+", "a&", "=", "%22"]);

/** Cuts or doubles a piece of the text: JSON that is nearly JSON. */
function damaged(text: string): string {
  const from = next(text.length + 1);
  return pick([
    text.slice(0, from),
    text.slice(from),
    text.slice(0, from) + pick(["\0", "}", "[", '"', "\\u00"]) + text.slice(from),
  ]);
}

const body = (whole: unknown) => {
  const text = JSON.stringify(whole) ?? "";
  return next(6) === 0 ? damaged(text) : text;
};

test("no body of a create, however odd, is answered with a 500", async () => {
  for (let round = 0; round < 250; round++) {
    const sent = body(next(10) === 0 ? value() : object());
    const { status } = await ask("POST", "/v2/images", { as: admin(), body: sent });
    expect([201, 400, 403, 409, 413], sent.slice(0, 500)).toContain(status);
  }
});

test("no patch, however odd, is answered with a 500", async () => {
  const { id } = await created({ color: "red", tags: ["x"] }, admin());
  for (let round = 0; round < 250; round++) {
    const sent = body(next(10) === 0 ? value() : Array.from({ length: next(3) }, operation));
    const { status } = await ask("PATCH", `/v2/images/${id}`, {
      as: admin(),
      body: sent,
      headers: { "content-type": pick([PATCH_TYPE, OLD_PATCH_TYPE]) },
    });
    expect([200, 400, 403, 409, 413], sent.slice(0, 500)).toContain(status);
  }
  expect((await ask("GET", `/v2/images/${id}`, { as: admin() })).status).toBe(200);
});

test("no query of a list, however odd, is answered with a 500", async () => {
  for (let round = 0; round < 400; round++) {
    const query = Array.from(
      { length: next(4) },
      () => `${pick([...FILTER_NAMES, encoded()])}=${encoded()}`,
    ).join("&");
    const { status } = await ask("GET", `/v2/images?${query}`, { as: admin() });
    expect([200, 400, 403], query.slice(0, 500)).toContain(status);
  }
});

test("no path, however odd, is answered with a 500", async () => {
  for (let round = 0; round < 200; round++) {
    const path = `/${pick(["v2", "v2.15", "v2.x", ""])}/${pick(["images", "schemas", "info", encoded()])}/${encoded()}`;
    const { status } = await ask(pick(["GET", "DELETE", "PATCH", "PUT"]), path);
    expect([200, 300, 302, 400, 404, 405, 409, 415], path.slice(0, 300)).toContain(status);
  }
});

test("no member and no tag, however odd, is answered with a 500", async () => {
  const { id } = await created({}, admin());
  for (let round = 0; round < 150; round++) {
    const path = `/v2/images/${id}/${pick(["members", `members/${encoded()}`, `tags/${encoded()}`])}`;
    const sent = body(pick([value(), { member: value(), status: value() }, { member: pick(ODD_TEXTS) }]));
    const method = pick(["POST", "PUT", "DELETE"]);
    const { status } = await ask(method, path, { as: admin(), ...(next(3) ? { body: sent } : {}) });
    expect([200, 204, 400, 403, 404, 405, 409, 413], path.slice(0, 300)).toContain(status);
  }
});

test("no location and no task, however odd, is answered with a 500", async () => {
  const { id } = await created({ disk_format: "raw", container_format: "bare" }, admin());
  const hashes = () => ({
    os_hash_algo: pick(["sha512", value()]),
    os_hash_value: pick(["a".repeat(128), value()]),
  });
  const urls = [
    "http://",
    "http://[::1",
    "http://127.1/",
    "https://a:b@c/",
    "file:///",
    "r2://x/y",
    "rbd://",
    "://",
  ];
  const location = () => ({
    url: pick([...urls, value()]),
    metadata: pick([{}, { store: pick(["file", "x"]) }, value()]),
    validation_data: pick([hashes(), value()]),
  });
  const settings = { LOCATIONS: { showMultipleLocations: true } };
  for (let round = 0; round < 150; round++) {
    const path = pick([`/locations/${pick(["-", "0", "-1", "9".repeat(400), "x"])}`, "/locations"]);
    const operation = {
      op: pick(["add", "replace", "remove"]),
      path,
      value: pick([location(), [location()], value()]),
    };
    const answers = [
      await ask("PATCH", `/v2/images/${id}`, {
        as: admin(),
        body: body([operation]),
        headers: { "content-type": PATCH_TYPE },
        env: settings,
      }),
      await ask("POST", `/v2/images/${pick([id, "x"])}/locations`, { as: admin(), body: body(location()) }),
      await ask("GET", `/v2/tasks?${pick(["limit", "marker", "sort_key", "status", "owner"])}=${encoded()}`, {
        as: admin(),
      }),
      await ask("DELETE", `/v2/stores/${encoded()}/${pick([id, encoded()])}`, { as: admin() }),
    ];
    for (const { status } of answers) expect([200, 202, 204, 400, 403, 404, 405, 409, 413]).toContain(status);
  }
});

const DEEP = "[".repeat(300_000) + "]".repeat(300_000);

test.each([
  ["PATCH", "/v2/images/x", `[{"op":${DEEP},"path":"/a"}]`],
  ["PATCH", "/v2/images/x", `[{"op":"add","path":${DEEP},"value":"x"}]`],
  ["PATCH", "/v2/images/x", `[{"op":"add","path":"/a","value":${DEEP}}]`],
  ["PATCH", "/v2/images/x", DEEP],
  ["POST", "/v2/images", `{"tags":${DEEP}}`],
  ["POST", "/v2/images", `{"a":${DEEP}}`],
  ["POST", "/v2/images", DEEP],
])("%s %s with JSON nested without end is a 400", async (method, path, sent) => {
  const answer = await ask(method, path, { body: sent, headers: { "content-type": PATCH_TYPE } });
  expect(answer.status).toBe(400);
});
