import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";

test("a request without a token is refused in the form its Accept asks for", async () => {
  const response = await exports.default.fetch("http://glimpse/v2/images", { headers: { accept: "*/*" } });
  expect(response.status).toBe(401);
  expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
  expect(await env.DB.prepare("select count(*) n from images").first("n")).toBe(0);
});
