let id: string | undefined;

/** One for each run of this isolate. Made when first asked for: the global scope of a worker has no random numbers. */
export const bootId = (): string => {
  id ??= crypto.randomUUID();
  return id;
};
