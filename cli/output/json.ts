/** One thing as the API returned it. */
export const jsonRecord = (record: unknown): string => `${json(record)}\n`;

/** JSON escapes only the C0 controls; terminals obey the C1 controls too. */
const json = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A list, written as it arrives: an array with one element per line. */
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
