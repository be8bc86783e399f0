/**
 * Breaks a line as the stock client's tables do: at blanks and after hyphens between letters, and within a word only
 * when it is wider than the column. Blanks at a break are dropped.
 */
export function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const piece of pieces(line)) {
    let rest = piece;
    if (current.length + rest.length <= width) {
      current += rest;
      continue;
    }
    if (rest.length > width) {
      const room = width - current.length;
      current += rest.slice(0, room);
      rest = rest.slice(room);
    }
    if (current.trimEnd()) lines.push(current.trimEnd());
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    current = rest.trim() ? rest : "";
  }
  if (current.trimEnd()) lines.push(current.trimEnd());
  return lines.length > 0 ? lines : [""];
}

/** Blanks, and words cut after hyphens that stand between letters. */
const pieces = (line: string): string[] =>
  line.split(/(\s+)|(?<=\p{L}{2}-)(?=\p{L}-?\p{L})/u).filter((piece) => piece !== undefined && piece !== "");
