/**
 * With which workerd runs the worker. What each request leaves behind, and the native memory attached to it, is freed with the
 * old generation, which V8 first collects at half a gigabyte. Starting at 4 MiB it collects as often as it needs to, at no
 * extra CPU time.
 */
export const WORKERD_V8_FLAGS = [
  "--optimize-for-size",
  "--max-semi-space-size=1",
  "--initial-old-space-size=4",
];
