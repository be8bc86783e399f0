/** One thing as the API gave it. */
export const jsonRecord = (record: unknown): string => `${json(record)}\n`;

/** JSON escapes the C0 controls alone; a terminal obeys the C1 ones too. */
const json = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A list, written as it arrives: an array whose elements begin a line each. */
export async function* jsonList<T>(
  records: AsyncIterable<T> | Iterable<T>,
  shown: (record: T) => unknown,
): AsyncIterable<string> {
  let before = "[\n";
  for await (const record of records) {
    const text = json(shown(record)).replaceAll("\n", "\n  ");
    yield `${before}  ${text}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}
