import { describe, expect, test } from "vitest";
import { refusal, unreachable } from "./errors.ts";

const answer = (status: number, statusText: string, contentType: string) => ({
  status,
  statusText,
  headers: new Headers({ "content-type": contentType, "x-openstack-request-id": "req-1" }),
});

describe("a refusal is reduced to text", () => {
  test("from the HTML that the image service sends to anyone", () => {
    const html =
      "<html>\n <head>\n  <title>409 Conflict</title>\n </head>\n <body>\n  <h1>409 Conflict</h1>\n  Image a&#39;s &lt;b&gt; &amp; c is active<br /><br />\n\n\n\n </body>\n</html>";
    const error = refusal(answer(409, "Conflict", "text/html; charset=UTF-8"), html);
    expect(error).toMatchObject({
      message: "HTTP 409 Conflict: Image a's <b> & c is active",
      detail: "Image a's <b> & c is active",
      status: 409,
      requestId: "req-1",
    });
  });

  test("from the JSON of the image service", () => {
    const json = JSON.stringify({
      message: "No.<br /><br />\n\n\n",
      code: "403 Forbidden",
      title: "Forbidden",
    });
    expect(refusal(answer(403, "Forbidden", "application/json"), json).message).toBe(
      "HTTP 403 Forbidden: No.",
    );
  });

  test("from the JSON of Keystone", () => {
    const json = JSON.stringify({
      error: { code: 401, message: "The request needs a token.", title: "Unauthorized" },
    });
    const error = refusal(answer(401, "Unauthorized", "application/json"), json);
    expect(error.message).toBe("HTTP 401 Unauthorized: The request needs a token.");
  });

  test("from plain text", () => {
    const error = refusal(
      answer(413, "Payload Too Large", "text/plain"),
      "413 Request Entity Too Large\n\nFull.\n\n\n",
    );
    expect(error.message).toBe("HTTP 413 Payload Too Large: Full.");
  });

  test("from an empty body, and from JSON that is none", () => {
    expect(refusal(answer(502, "Bad Gateway", ""), "").message).toBe("HTTP 502 Bad Gateway");
    expect(refusal(answer(500, "", "application/json"), "oops").message).toBe("HTTP 500: oops");
  });
});

describe("a failure of the connection is told in words", () => {
  const request = { method: "GET", url: "http://user:secret@host:9292/v2/images", headers: {} };

  test("naming the host and nothing that was secret", () => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const error = unreachable(request, Object.assign(new TypeError("fetch failed"), { cause }));
    expect(error).toMatchObject({
      message: "Nothing answers at http://host:9292: the connection was refused.",
    });
  });

  test("as a certificate that is not trusted", () => {
    const cause = Object.assign(new Error("x"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(unreachable(request, cause)).toMatchObject({ message: expect.stringContaining("is not trusted") });
  });

  test("and an abort is passed on as it is", () => {
    const reason = new Error("interrupted");
    expect(unreachable({ ...request, signal: AbortSignal.abort(reason) }, new Error("x"))).toBe(reason);
  });
});
