/** A condition that every statement of a transition carries, and the values bound to it, which come last. */
export interface Guarded {
  readonly holds: string;
  readonly values: readonly (string | number)[];
}

/** A piece of a statement and the values bound to it. */
export interface Fragment {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export const NOTHING: Fragment = { sql: "", values: [] };

/** Joins fragments. Every condition but the first begins with its own ` AND `. */
export const joined = (...fragments: readonly Fragment[]): Fragment => ({
  sql: fragments.map(({ sql }) => sql).join(""),
  values: fragments.flatMap(({ values }) => values),
});
