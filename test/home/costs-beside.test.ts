import { describe, expect, test } from "vitest";
import { ask, member, tokenOf } from "../support/catalogue.ts";
import { uploadHeaders } from "../support/relay-requests.ts";
import { askedFor, callsIn, namesIn, questionsIn, runAlarm } from "./asked.ts";
import {
  copiedImage,
  copiedWithData,
  download,
  downloadAtDoor,
  imageWithData,
  newImage,
  relay,
  remove,
  upload,
  uploadAtDoor,
} from "./requests.ts";
import { toldBeside } from "./table.ts";

describe("what is told beside the table of costs is asked", () => {
  test("for a session that is not remembered, once", async () => {
    const as = member("new");
    await tokenOf(as);
    const schema = () => ask("GET", "/v2/schemas/image", { as });
    const asked = await askedFor(schema);
    expect(toldBeside).toContain(
      `The session of a token is ${asked.questions.length} question [${asked.questions}] when it was not asked for`,
    );
    expect(await askedFor(schema)).toEqual({ questions: [], calls: [] });
  });

  test.each([
    { what: "an upload", request: upload, copied: copiedImage, uncopied: newImage },
    { what: "an upload at the front door", request: uploadAtDoor, copied: copiedImage, uncopied: newImage },
    { what: "a download", request: download, copied: copiedWithData, uncopied: imageWithData },
    {
      ...{ what: "a download at the front door", request: downloadAtDoor },
      ...{ copied: copiedWithData, uncopied: imageWithData },
    },
    { what: "a delete", request: remove, copied: copiedWithData, uncopied: imageWithData },
  ])("for the record of which there is no copy, before $what", async ({ request, copied, uncopied }) => {
    const known = await copied();
    const usual = await askedFor(() => request(known));
    const unknown = await uncopied();
    const asked = await askedFor(() => request(unknown));
    const first = asked.questions.slice(0, asked.questions.length - usual.questions.length);
    expect(asked).toEqual({ ...usual, questions: [...first, ...usual.questions] });
    expect(toldBeside).toContain(`is about ${first.length} [${first}] where there is no copy of it`);
  });

  test("to renew a lease at the front door", async () => {
    const image = await copiedImage();
    const { lease } = await relay({ what: "uploads", image }, { json: uploadHeaders() });
    const asked = await askedFor(() => relay({ what: "heartbeat", image, lease }, { json: {} }));
    expect(toldBeside).toContain(
      `by 1 request and ${asked.calls.length} calls of the object (${namesIn(asked.calls)})`,
    );
    expect(asked.questions).toEqual([]);
  });

  test("by the alarm that removes the bytes of a deleted image", async () => {
    const image = await copiedWithData();
    await remove(image);
    const asked = await askedFor(() => runAlarm(image));
    const [count, statements] = questionsIn(asked).split(/ (.*)/);
    expect(toldBeside).toContain(`the alarm removes the bytes: ${count} questions ${statements},`);
    expect(callsIn(asked)).toBe("0");
  });
});
