/** The launcher cannot use the data directory or the address it was given. Says why, and what to do about it. */
export class Unusable extends Error {
  readonly todo: string;
  constructor(what: string, todo: string) {
    super(what);
    this.todo = todo;
  }
}
