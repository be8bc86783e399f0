const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB"];

/** `196616` is `192kB`, as the stock client writes it: powers of 1024 and at most one decimal. */
export function humanSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toFixed(1).replace(/\.0$/, "")}${UNITS[unit]}`;
}
