/**
 * Whether a guarded statement matched. D1 counts the rows that triggers write too, so the number of changes is one or
 * more (docs/decisions/0012-usage-is-counted-by-triggers.md).
 */
export const hasChanged = (result: D1Result | undefined): boolean => (result?.meta.changes ?? 0) > 0;
