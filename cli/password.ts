import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context, Input, Output } from "./context.ts";
import { reason } from "./data-source.ts";
import { CommandError, usageError } from "./errors.ts";

interface Terminal {
  readonly stdin: { readonly stream: Input };
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

/** Asks on the terminal, without echo. Undefined when there is no terminal, or no answer. */
export async function askHidden(terminal: Terminal, question: string): Promise<string | undefined> {
  const input = terminal.stdin.stream;
  if (!input.isTTY) return undefined;
  terminal.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
      lines.once("SIGINT", () => {
        process.kill(process.pid, "SIGINT");
        lines.close();
      });
      terminal.signal.addEventListener("abort", () => reject(terminal.signal.reason), { once: true });
    });
  } finally {
    lines.close();
    terminal.stderr.write("\n");
  }
}

/** A new password for a user: the first line of a file or of standard input (`-`), or typed twice. */
export async function newPassword(ctx: Context, file: string | undefined): Promise<string> {
  const password = file === undefined ? await typedTwice(ctx) : await firstLine(ctx, file);
  if (password) return password;
  throw usageError("The new password is empty.", "Give one that is not.");
}

async function typedTwice(ctx: Context): Promise<string> {
  const typed = await askHidden(ctx, "New password: ");
  if (typed === undefined)
    throw usageError(
      "A password is needed, and there is no terminal to ask for it on.",
      "Give --password-file FILE, or --password-file - to read standard input.",
    );
  if ((await askHidden(ctx, "The same again: ")) !== typed)
    throw new CommandError("The two passwords differ.", "Nothing was changed; try again.");
  return typed;
}

async function firstLine(ctx: Context, file: string): Promise<string> {
  const content =
    file === "-"
      ? await text(ctx.stdin.stream)
      : await readFile(file, "utf8").catch((cause) => {
          throw new CommandError(
            `${file} cannot be read: ${reason(cause)}.`,
            "Check the name and your rights to it.",
          );
        });
  return content.split(/\r?\n/, 1)[0] ?? "";
}
