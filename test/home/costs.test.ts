import { describe, expect, test } from "vitest";
import { IN_R2, uploadHeaders, WRITTEN } from "../support/relay-requests.ts";
import { type Asked, askedFor, callsIn, namesIn, questionsIn } from "./asked.ts";
import {
  copiedImage,
  copiedInR2,
  copiedWithData,
  create,
  download,
  downloadAtDoor,
  downloadThroughDoor,
  list,
  newImage,
  relay,
  remove,
  show,
  upload,
  uploadAtDoor,
} from "./requests.ts";
import { told } from "./table.ts";

/** What stands before a request about an image, and the request. */
interface Case {
  readonly given: () => Promise<string>;
  readonly request: (image: string) => Promise<unknown>;
}

async function askedIn({ given, request }: Case): Promise<Asked> {
  const image = await given();
  return askedFor(() => request(image));
}

async function copiedPage(): Promise<string> {
  const image = await newImage();
  await list();
  return image;
}

/** The statements of what may ask one question only. */
function statementsOf({ questions, calls }: Asked): number {
  expect(calls).toEqual([]);
  expect(questions).toHaveLength(1);
  return questions[0] ?? 0;
}

describe("the catalogue and an image's object are asked as often as the table says by", () => {
  test.each<[string, Case]>([
    ["show, copy held", { given: copiedImage, request: show }],
    ["show, no copy", { given: newImage, request: show }],
    ["list, copy held", { given: copiedPage, request: () => list() }],
    ["upload, file store, front door", { given: copiedImage, request: uploadAtDoor }],
    ["upload, file store, direct", { given: copiedImage, request: upload }],
    ["download, file store, front door", { given: copiedWithData, request: downloadAtDoor }],
    ["download, file store, direct", { given: copiedWithData, request: download }],
    ["download, R2, front door", { given: copiedInR2, request: downloadThroughDoor }],
    ["delete", { given: copiedWithData, request: remove }],
  ])("%s", async (row, each) => {
    const asked = await askedIn(each);
    expect({ questions: questionsIn(asked), calls: callsIn(asked) }).toEqual(told(row));
  });

  test("list, no copy, with a marker and without", async () => {
    const plain = statementsOf(await askedIn({ given: newImage, request: () => list() }));
    const marked = statementsOf(
      await askedIn({ given: newImage, request: (image) => list(`&marker=${image}`) }),
    );
    expect(told("list, no copy")).toEqual({ questions: `1 [${plain}; with a marker ${marked}]`, calls: "0" });
  });

  test("create, of however many properties and tags", async () => {
    await newImage();
    const statements = async (fields: object) => statementsOf(await askedFor(() => create(fields)));
    const plain = await statements({});
    const properties = (await statements({ a: "1", b: "2" })) - plain;
    const tags = (await statements({ tags: ["a", "b", "c"] })) - plain;
    expect(await statements({ a: "1", tags: ["a"] })).toBe(plain + properties + tags);
    expect(told("create")).toEqual({
      questions: `1 [${plain}, and ${properties} for properties, ${tags} for tags]`,
      calls: "0",
    });
  });

  test("upload, R2, front door, whole and for a part", async () => {
    const image = await copiedImage();
    let lease = "";
    const begun = await askedFor(async () => {
      ({ lease } = await relay({ what: "uploads", image }, { json: uploadHeaders(IN_R2) }));
    });
    const part = await askedFor(() => relay({ what: "part", image, lease, number: 1 }, { part: "image" }));
    const completed = await askedFor(() => relay({ what: "complete", image, lease }, { json: WRITTEN }));
    const questions = [begun, part, completed].flatMap((asked) => asked.questions);
    const whole = begun.calls.length + completed.calls.length;
    expect({
      questions: questionsIn({ questions, calls: [] }),
      calls: `${whole}, and ${part.calls.length} a part: ${namesIn(part.calls)}`,
    }).toEqual(told("upload, R2, front door"));
  });
});
