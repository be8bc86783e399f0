/** `T`, whose absent fields may stand there as undefined. */
type Perhaps<T> = { [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] };

/**
 * The fields that have a value: to the service an absent one is another thing than an empty one. What they are to make
 * is said in every call, so that no field is taken that it has not.
 */
export const given = <T extends object = never>(fields: Perhaps<NoInfer<T>>): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
