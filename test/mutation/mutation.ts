/** The rows of test/conformance/api, each a test of its own name. */
export const API_ROWS = "test/conformance/api/api.edge.test.ts";

/** A rule that is broken: one text of a file for another, and the tests that must fail then. */
export interface Mutation {
  readonly file: string;
  /** Stands in the file once. */
  readonly from: string;
  readonly to: string;
  /** The file that has these tests, of which no two have the same title. */
  readonly tests: string;
  readonly fails: readonly string[];
}

/** Of a rule that a client can see. */
export const mutate = (file: string, from: string, to: string, ...fails: string[]): Mutation => ({
  file,
  from,
  to,
  tests: API_ROWS,
  fails,
});

/** Of a rule that no single request shows. */
export const mutateWithin = (
  tests: string,
  { file, from, to }: { readonly file: string; readonly from: string; readonly to: string },
  ...fails: string[]
): Mutation => ({ file, from, to, tests, fails });
