/**
 * Whether a guarded statement matched. D1 counts with a row also those that its triggers write, so the number of changes
 * is one, or more (docs/decisions/0012-usage-is-counted-by-triggers.md).
 */
export const hasChanged = (result: D1Result | undefined): boolean => (result?.meta.changes ?? 0) > 0;
