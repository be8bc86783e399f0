import { PassThrough, Readable, Writable } from "node:stream";
import { run } from "../../cli/run.ts";
import type { FakeCloud } from "./fake-cloud.node.ts";

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came, for image data. */
  readonly bytes: Buffer;
}

export interface CliOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Standard input; a terminal when absent. */
  readonly stdin?: Readable;
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  readonly signal?: AbortSignal;
}

export const signedIn = (cloud: Pick<FakeCloud, "url">) => ({
  OS_AUTH_URL: `${cloud.url}/identity`,
  OS_USERNAME: "demo",
  OS_PASSWORD: "a secret for tests",
  OS_PROJECT_NAME: "demo",
});

/** The whole command line program, in this process. */
export async function runCli(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const stdout = gather(options.stdoutIsTerminal ?? false);
  const stderr = gather(options.stderrIsTerminal ?? false);
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  const exitCode = await run(words, {
    stdin: { stream: options.stdin ?? terminal },
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment: options.environment ?? {},
    signal: options.signal ?? new AbortController().signal,
  });
  const bytes = stdout.bytes();
  return { exitCode, bytes, stdout: bytes.toString(), stderr: stderr.bytes().toString() };
}

function gather(isTTY: boolean) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), bytes: () => Buffer.concat(chunks) };
}

export const piped = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
