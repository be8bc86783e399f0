import { readFileSync } from "node:fs";
import { nodeTransport, type TlsOptions } from "@glimpse/client/node-transport.ts";
import { Session } from "@glimpse/client/session.ts";
import type { Transport } from "@glimpse/client/transport.ts";
import { profileUrlOf, withProfile } from "./cloud-profile.ts";
import type { Context, Output, StandardInput } from "./context.ts";
import { reason } from "./data-source.ts";
import { EXIT, errorLines, ReaderGone, usageError } from "./errors.ts";
import { print } from "./output/print.ts";
import { askHidden } from "./password.ts";
import { type GlobalOptions, runProgram } from "./program.ts";
import {
  cloudOf,
  credentialsFrom,
  type Environment,
  imageEndpointIn,
  readSettings,
  type Settings,
} from "./settings.ts";
import { traced } from "./trace.ts";

export interface World {
  readonly stdin: StandardInput;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Environment;
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
}

/** The whole program: from the words after its name to its exit code. Errors are printed, not thrown. */
export async function run(words: readonly string[], world: World): Promise<number> {
  const help: string[] = [];
  const streams = {
    write: (text: string) => void help.push(text),
    writeError: (text: string) => void world.stderr.write(text),
  };
  let debug = false;
  try {
    const exitCode = await runProgram(words, streams, (options) => {
      debug = options.debug;
      return contextFor(options, world);
    });
    if (help.length > 0) await print(world, help.join(""));
    return exitCode;
  } catch (error) {
    if (error instanceof ReaderGone) return EXIT.ok;
    if (world.signal.aborted && exitCodeOf(error) !== EXIT.interrupted) {
      world.stderr.write(
        "Interrupted.\nWhat was not complete has been given up; run it again to finish it.\n",
      );
      return EXIT.interrupted;
    }
    if (debug && error instanceof Error) world.stderr.write(`${error.stack}\n`);
    world.stderr.write(errorLines(error));
    return exitCodeOf(error);
  }
}

const exitCodeOf = (error: unknown): number =>
  error instanceof Error && "exitCode" in error && typeof error.exitCode === "number"
    ? error.exitCode
    : EXIT.failed;

function contextFor(options: GlobalOptions, world: World): Context {
  let session: Promise<Session> | undefined;
  return {
    ...world,
    session: () => {
      session ??= openSession(options, world);
      return session;
    },
    format: options.format,
    columns: options.columns,
    verbose: options.verbose,
  };
}

async function openSession(options: GlobalOptions, world: World): Promise<Session> {
  const input = { options, insecure: options.insecure, environment: world.environment };
  const cloud = cloudOf(input);
  const transport = transportFor(readSettings(input), options, world);
  const url = cloud && profileUrlOf(cloud);
  const entry = url ? await withProfile(cloud, url, { transport, signal: world.signal }) : cloud;
  const settings = readSettings({ ...input, ...(entry ? { cloud: entry } : {}) });
  return new Session({
    credentials: await credentialsFrom(settings, () => askHidden(world, "OS Password: ")),
    transport,
    imageEndpoint: imageEndpointIn(settings),
    region: settings["os-region-name"],
    interface: settings["os-interface"],
    signal: world.signal,
  });
}

function transportFor(settings: Settings, { debug }: GlobalOptions, { stderr }: World): Transport {
  const transport = nodeTransport(tlsFrom(settings));
  return debug ? traced(transport, (line) => void stderr.write(line)) : transport;
}

function tlsFrom(settings: Settings): TlsOptions {
  return {
    ca: fileOf(settings["os-cacert"], "OS_CACERT"),
    cert: fileOf(settings["os-cert"], "OS_CERT"),
    key: fileOf(settings["os-key"], "OS_KEY"),
    insecure: settings.insecure,
  };
}

function fileOf(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw usageError(`${path} cannot be read: ${reason(cause)}.`, `Correct ${name}.`);
  }
}
