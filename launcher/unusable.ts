/** Why a launcher cannot have the data directory or the address it was told to use, and what to do about it. */
export class Unusable extends Error {
  readonly todo: string;
  constructor(what: string, todo: string) {
    super(what);
    this.todo = todo;
  }
}
