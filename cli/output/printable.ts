/**
 * Text written by others, made safe for a terminal: an image's name may contain escape sequences. Control characters
 * are shown escaped; line feeds too, unless they are wanted.
 */
export function printable(text: string, keep: { lines?: boolean } = {}): string {
  return text.replace(CONTROL, (char) => (char === "\n" && keep.lines ? char : writtenOut(char)));
}

/** C0, DEL, C1, the marks that reorder text, and line separators. */
const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function writtenOut(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return (
    NAMED[char] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`)
  );
}
