import { expect, test } from "vitest";
import { JSON_BODY_BYTES } from "../limits.ts";
import { readJson } from "./json-body.ts";

const request = (body?: BodyInit) =>
  new Request("http://glimpse/", { method: "POST", ...(body === undefined ? {} : { body }) });

test("reads JSON whatever the media type says", async () => {
  const body = new Request("http://glimpse/", {
    method: "POST",
    body: '{"name":"caf\\u00e9"}',
    headers: { "content-type": "text/plain" },
  });
  expect(await readJson(body)).toEqual({ name: "café" });
});

test.each([
  ["no body", undefined],
  ["an empty body", ""],
  ["half an object", '{"name":'],
  ["a form", "name=x"],
  ["a raw NUL", '{"a":"\0"}'],
  ["an escaped NUL", '{"a":"b\\u0000"}'],
  ["an escaped NUL in a key", '{"a\\u0000":1}'],
  ["half a surrogate pair", '{"a":"\\ud800"}'],
  ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
  ["nesting that exhausts the stack", `{"\\u0061":${"[".repeat(500_000)}`],
])("refuses %s as invalid", async (_name, body) => {
  await expect(readJson(request(body))).rejects.toMatchObject({ kind: "invalid" });
});

test("takes a body of exactly the limit and refuses one byte more", async () => {
  const quoted = (length: number) => `"${"x".repeat(length - 2)}"`;
  expect(await readJson(request(quoted(JSON_BODY_BYTES)))).toHaveLength(JSON_BODY_BYTES - 2);
  await expect(readJson(request(quoted(JSON_BODY_BYTES + 1)))).rejects.toMatchObject({ kind: "tooLarge" });
});

test("refuses a body that breaks off as invalid", async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new Error("gone"));
    },
  });
  await expect(readJson(request(broken))).rejects.toMatchObject({ kind: "invalid" });
});
