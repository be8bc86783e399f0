/**
 * Breaks a line as the stock client's tables do: at blanks and after hyphens between letters. Only a word wider than
 * the column is broken within, after its last hyphen that fits. Blanks at a break are dropped.
 */
export function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  const endLine = () => {
    if (current.trimEnd()) lines.push(current.trimEnd());
    current = "";
  };
  for (const piece of pieces(line)) {
    let rest = piece;
    while (current.length + rest.length > width) {
      const cut = rest.length > width ? cutWithin(rest, width - current.length) : 0;
      current += rest.slice(0, cut);
      rest = rest.slice(cut);
      endLine();
    }
    current += current || rest.trim() || lines.length === 0 ? rest : "";
  }
  endLine();
  return lines.length > 0 ? lines : [""];
}

/** Where to cut a word that fits on no line, when this much room is left. */
function cutWithin(word: string, room: number): number {
  const hyphen = word.lastIndexOf("-", room - 1);
  const isUseful = hyphen > 0 && hyphen < room && /[^-]/.test(word.slice(0, hyphen));
  return isUseful ? hyphen + 1 : room;
}

/** Splits at blanks and after hyphens between letters. */
const pieces = (line: string): string[] =>
  line.split(/(\s+)|(?<=\p{L}{2}-)(?=\p{L}-?\p{L})/u).filter((piece) => piece !== undefined && piece !== "");
