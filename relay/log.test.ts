import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const LOG = new URL("./log.ts", import.meta.url).href;
const KILL = "process.kill(process.pid, 'SIGKILL')";

/** A program whose `log` is the relay's. */
function start(program: string) {
  const script = `import { logOf } from ${JSON.stringify(LOG)}; const log = logOf({ logLevel: "info" }); ${program}`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", script];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
}

/** The levels of the lines that it gets out. */
async function levelsOf(program: string): Promise<string[]> {
  const child = start(program);
  const lines = (await text(child.stdout)).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line).level);
}

test.each([
  ["warn", `log.child({ request_id: "a" }).warn("a store is away")`],
  ["error", `log.error("a store is away")`],
])("a line of level %s is out at once, with all before it, whatever happens next", async (level, grave) => {
  const levels = await levelsOf(`log.info("one"); log.info("two"); ${grave}; ${KILL}`);
  expect(levels).toEqual(["info", "info", level]);
});

test("lines of requests are written together, soon after the first of them", async () => {
  expect(await levelsOf(`log.info("one"); ${KILL}`)).toEqual([]);
  const untilLate = `log.info("one"); log.info("two"); setTimeout(() => ${KILL}, 200)`;
  expect(await levelsOf(untilLate)).toEqual(["info", "info"]);
});

test.each([
  ["by itself", ""],
  ["by exit", "process.exit(3)"],
  ["by an error that nobody caught", `setTimeout(() => { throw new Error("a bug") })`],
])("no line is lost when the process ends %s", async (_how, end) => {
  expect(await levelsOf(`log.info("one"); log.info("two"); ${end}`)).toEqual(["info", "info"]);
});

test("the program goes on, and ends as it would, when nobody reads its log any more", async () => {
  const child = start(`
    const logging = setInterval(() => { log.info("one"); log.warn("two"); }, 10);
    process.once("SIGTERM", () => { clearInterval(logging); process.exit(7); });`);
  await once(child.stdout, "data");
  child.stdout.destroy();
  setTimeout(() => child.kill("SIGTERM"), 300);
  expect(await once(child, "exit")).toEqual([7, null]);
});
