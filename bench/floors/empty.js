/** A Node that does nothing: memory.ts starts it. Not TypeScript, for what strips types would be in its memory. */
process.on("message", () => {});
process.send?.(0);
