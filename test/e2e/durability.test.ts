import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogueFile } from "../../launcher/catalogue-file.ts";
import { createImage, someBytes, upload } from "./support/images.ts";
import { Service } from "./support/service.ts";
import { type Call, callsIn, changed, sends, traced, unsyncedAt, whyNotTraced } from "./support/traced.ts";

const cannot = await whyNotTraced();

/** A block through the page cache, more past it, and an odd end through it again. */
const BODY = someBytes(2 * 1024 * 1024 + 5);

let service: Service;
/** Of everything that it keeps. */
let folder: string;
let images: string;
let catalogue: string;

const tracing = (work: () => Promise<unknown>): Promise<Call[]> =>
  traced([service.pid("relay"), service.pid("worker")], work);

/** Both programs send from their first thread. */
function answerOf(program: "relay" | "worker", calls: readonly Call[], status: number): Call {
  return found(calls, (call) => call.thread === service.pid(program) && sends(call, `HTTP/1.1 ${status} `));
}

function found(calls: readonly Call[], isIt: (call: Call) => boolean): Call {
  const call = calls.find(isIt);
  if (!call) throw new Error("the trace has no such call");
  return call;
}

const changedBefore = (calls: readonly Call[], moment: Call) =>
  calls.filter(({ began }) => began < moment.began).map(changed);

/** Before either program sends its answer the catalogue is written, since it was asked, and everything is synced. */
function expectRecorded(calls: readonly Call[], request: string, status: number): void {
  const asked = found(calls, (call) => sends(call, request));
  const since = calls.filter(({ began }) => began > asked.began);
  for (const program of ["worker", "relay"] as const) {
    const answered = answerOf(program, since, status);
    expect(changedBefore(since, answered)).toContain(catalogue);
    expect(unsyncedAt(calls, answered, folder)).toEqual([]);
  }
}

describe.skipIf(cannot)(`before an answer is sent${cannot ? `, untested: ${cannot}` : ""}`, () => {
  beforeAll(async () => {
    service = await Service.start();
    folder = `${service.dataDir}/`;
    images = join(service.dataDir, "images");
    catalogue = `${catalogueFile(join(service.dataDir, "worker"))}-wal`;
    // Asked for here, so that it is no part of what is traced.
    await service.token();
  });

  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
  });

  test("a new image is in the catalogue, synced", async () => {
    const calls = await tracing(() => createImage(service));
    expectRecorded(calls, "POST /v2/images ", 201);
  });

  test.each([
    {
      ...{ what: "a change of an attribute", method: "PATCH", path: "", status: 200 },
      ...{
        type: "application/openstack-images-v2.1-json-patch",
        body: '[{"op":"replace","path":"/name","value":"n"}]',
      },
    },
    { what: "a new tag", method: "PUT", path: "/tags/t", status: 204 },
    {
      ...{ what: "a new member", method: "POST", path: "/members", status: 200 },
      ...{ type: "application/json", body: '{"member":"p"}' },
    },
    { what: "a change of the status", method: "POST", path: "/actions/deactivate", status: 204 },
    { what: "a deletion", method: "DELETE", path: "", status: 204 },
  ])("$what is in the catalogue, synced", async ({ method, path, status, ...content }) => {
    const id = await createImage(service);
    expect(await upload(service, id, someBytes(5))).toBe(204);
    const url = `/v2/images/${id}${path}`;
    const { type, body } = "body" in content ? content : { type: "", body: null };
    const headers = new Headers(body === null ? {} : { "content-type": type });
    const calls = await tracing(async () =>
      expect((await service.fetch(url, { method, headers, body })).status).toBe(status),
    );
    expectRecorded(calls, `${method} ${url} `, status);
  });

  test.each([
    { way: "the front door", program: "relay" },
    { way: "the worker itself", program: "worker" },
  ] as const)(
    "an upload to $way is synced, then has its name, synced, then is in the catalogue, synced",
    async ({ program }) => {
      const id = await createImage(service);
      const url = program === "relay" ? service.url : service.direct;
      const calls = await tracing(async () => expect(await upload(service, id, BODY, {}, url)).toBe(204));

      const named = found(calls, (call) => call.name === "link" && call.args.includes(`"${images}/${id}"`));
      const [, partial = ""] = /"([^"]+)"/.exec(named.args) ?? [];
      expect(changedBefore(calls, named)).toContain(partial);
      expect(unsyncedAt(calls, named, images)).toEqual([]);

      const recorded = found(calls, (call) => call.began > named.began && changed(call) === catalogue);
      expect(changedBefore(calls, recorded)).toContain(images);
      expect(unsyncedAt(calls, recorded, images)).toEqual([]);

      const answered = answerOf(program, calls, 204);
      expect(recorded.began).toBeLessThan(answered.began);
      expect(unsyncedAt(calls, answered, folder)).toEqual([]);
    },
  );
});

test("of calls that overtake each other the trace says which were over when another began", () => {
  const calls = callsIn(
    [
      '7 pwrite64(3</data/a>, "x"..., 1, 0 <unfinished ...>',
      "8 fsync(3</data/a>) = 0",
      "7 <... pwrite64 resumed>) = 1",
      '9 writev(4<socket:[1]>, [{iov_base="HTTP/1.1 204 No"..., iov_len=1}], 1) = 1',
      "8 fsync(3</data/a> <unfinished ...>",
      '9 writev(4<socket:[1]>, [{iov_base="HTTP/1.1 204 No"..., iov_len=1}], 1) = 1',
      "8 <... fsync resumed>) = 0",
      '9 writev(4<socket:[1]>, [{iov_base="HTTP/1.1 204 No"..., iov_len=1}], 1 <detached ...>',
      "",
    ].join("\n"),
  );
  const answers = calls.filter((call) => sends(call, "HTTP/1.1 204 "));
  expect(answers.map((answer) => unsyncedAt(calls, answer, "/data/"))).toEqual([
    ["/data/a"],
    ["/data/a"],
    [],
  ]);
});
