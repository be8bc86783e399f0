import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { examineStores } from "./doctor/doctor.ts";
import { type Relay, startRelay } from "./relay.ts";
import { isWorldReadable, type RelaySettings, readSettings } from "./settings.ts";

const USAGE = `usage: glimpse-relay --config FILE
       glimpse-relay doctor --config FILE   tries all that the stores need, and says what to do where something is wrong`;
const WRONG_USAGE = 2;

interface Invocation {
  readonly settings: RelaySettings;
  /** For a launcher, which says when clients are let in. */
  readonly holdFrontDoor: boolean;
  readonly doctor: boolean;
}

/** The settings; prints everything that is wrong with them and exits if there is anything. */
function settingsFromArguments(): Invocation {
  try {
    const options = {
      config: { type: "string" },
      help: { type: "boolean" },
      "hold-front-door": { type: "boolean" },
    } as const;
    const { positionals, values } = parseArgs({ options, allowPositionals: true });
    const { config, help, "hold-front-door": holdFrontDoor = false } = values;
    if (help) {
      process.stdout.write(`${USAGE}\n`);
      process.exit(0);
    }
    const doctor = positionals.length === 1 && positionals[0] === "doctor";
    if (config === undefined || (positionals.length > 0 && !doctor)) return give([USAGE]);
    const around = { env: process.env, worldReadable: isWorldReadable(config) };
    const result = readSettings(readFileSync(config, "utf8"), around);
    return result.ok
      ? { settings: result.settings, holdFrontDoor, doctor }
      : give(result.problems.map((problem) => `${config}: ${problem}`));
  } catch (error) {
    return give([error instanceof Error ? error.message : String(error)]);
  }
}

function give(problems: readonly string[]): never {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exit(WRONG_USAGE);
}

const { settings, holdFrontDoor, doctor } = settingsFromArguments();
if (doctor) {
  const well = await examineStores(settings.stores, (line) => process.stdout.write(`${line}\n`));
  process.exit(well ? 0 : 1);
}
// A file over the size limit then fails that write instead of ending the process.
process.on("SIGXFSZ", () => {});
let relay: Relay | undefined;
const end = () => void Promise.resolve(relay?.close()).then(() => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
// A launcher that has gone cannot stop its relay any more.
process.once("disconnect", end);

async function untilTold(port: number): Promise<void> {
  process.send?.({ port }, undefined, {}, () => {});
  await once(process, "message");
}

try {
  relay = await startRelay(settings, undefined, holdFrontDoor ? untilTold : undefined);
  const { port, front, metrics } = relay;
  // A failed send means that the launcher has gone, which ends the relay anyway.
  process.send?.({ port, front: front?.url, metrics: metrics?.url }, undefined, {}, () => {});
} catch (error) {
  process.stderr.write(`The relay cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
