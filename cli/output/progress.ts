import { type Options, SingleBar } from "cli-progress";
import type { Context } from "../context.ts";

export interface Progress {
  advance(bytes: number): void;
  stop(): void;
}

const SILENT: Progress = { advance: () => undefined, stop: () => undefined };

const BAR_COLUMNS = 30;

/** `[==========>                   ] 33%`, the stock client's bar. */
export function barText(fraction: number): string {
  const done = "=".repeat(Math.round(fraction * (BAR_COLUMNS - 1)));
  return `[${`${done}>`.padEnd(BAR_COLUMNS)}] ${Math.round(fraction * 100)}%`;
}

/** A bar on standard error, when that is a terminal and the total is known; otherwise nothing. */
export function progressBar(ctx: Context, wanted: boolean, total: number | undefined): Progress {
  if (!wanted || !total || !ctx.stderr.isTTY) return SILENT;
  const options: Options = {
    format: (_options, state) => barText(Math.min(1, state.value / total)),
    stream: ctx.stderr as NodeJS.WritableStream,
    fps: 10,
  };
  const bar = new SingleBar(options);
  bar.start(total, 0);
  return { advance: (bytes) => bar.increment(bytes), stop: () => bar.stop() };
}
