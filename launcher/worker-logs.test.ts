import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { passLogsOn } from "./worker-logs.ts";

const lineOf = (level: string, message: string) => `${JSON.stringify({ level, message })}\n`;

/** What is passed on of what workerd prints in these pieces, and how many writes it takes. */
async function passedOn(pieces: readonly string[]) {
  const stdout = new PassThrough();
  const out = { text: "", writes: 0 };
  const errors = { text: "", writes: 0 };
  const to = (kept: typeof out) =>
    new PassThrough().on("data", (text) => {
      kept.text += text;
      kept.writes++;
    });
  const said = passLogsOn({ stdout, stderr: null }, { out: to(out), errors: to(errors) });
  for (const piece of pieces) {
    stdout.write(piece);
    await new Promise(setImmediate);
  }
  stdout.end();
  await new Promise(setImmediate);
  return { out, errors, said: said() };
}

test("lines are passed on as they are, wherever the pieces that bring them end", async () => {
  const whole = lineOf("info", "größe") + lineOf("log", "two");
  const bytes = [...Buffer.from(whole)].map((byte) => Buffer.from([byte]) as unknown as string);
  expect((await passedOn(bytes)).out.text).toBe("größe\ntwo\n");
});

test("lines that arrive together are written together, errors and warnings to where errors go", async () => {
  const piece =
    lineOf("info", "one") + lineOf("warn", "two") + lineOf("error", "three") + lineOf("log", "four");
  const { out, errors, said } = await passedOn([piece]);
  expect(out).toEqual({ text: "one\nfour\n", writes: 1 });
  expect(errors).toEqual({ text: "two\nthree\n", writes: 1 });
  expect(said).toBe("one\ntwo\nthree\nfour\n");
});

test("what workerd prints before it could log, and a last line that has no end, are passed on", async () => {
  expect((await passedOn(["cannot listen\n", "bye"])).out.text).toBe("cannot listen\nbye\n");
});

test("what is for workerd's own developers is left out, unless it says why workerd ended", async () => {
  const stack = "stack: 55d0 55d1 55d2 55d3\n";
  expect((await passedOn([`${stack}up\n`])).out.text).toBe("up\n");
  const fatal = "*** Received signal #11: Segmentation fault\n";
  expect((await passedOn([fatal, stack, stack])).out.text).toBe(fatal + stack);
});
