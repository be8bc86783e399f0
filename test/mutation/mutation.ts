/** A rule that is broken: one text of a file for another, and the rows of test/conformance/api that must fail then. */
export interface Mutation {
  readonly file: string;
  /** Stands in the file once. */
  readonly from: string;
  readonly to: string;
  readonly fails: readonly string[];
}

export const mutate = (file: string, from: string, to: string, ...fails: string[]): Mutation => ({
  file,
  from,
  to,
  fails,
});
