let id: string | undefined;

/**
 * One id for each run of this isolate. Created when first asked for: a worker's global scope has no random numbers.
 */
export const bootId = (): string => {
  id ??= crypto.randomUUID();
  return id;
};
