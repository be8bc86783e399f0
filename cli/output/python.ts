/** Values as the stock client's tables show them, which is how Python prints them. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "object") return pythonJson(value);
  return String(value);
}

/** JSON with a blank after each comma and colon: `{"id": "fast", "default": "true"}`. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${pythonJson(inner)}`)
      .join(", ")}}`;
  return JSON.stringify(value) ?? "null";
}

/** A value within a list's row, as Python writes it in a program: `['production']`, `{'image_id': None}`. */
export function pythonRepr(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${quoted(key)}: ${pythonRepr(inner)}`)
      .join(", ")}}`;
  return pythonText(value);
}

const quoted = (text: string): string =>
  text.includes("'") && !text.includes('"')
    ? `"${text.replaceAll("\\", "\\\\")}"`
    : `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
