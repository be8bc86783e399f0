/** A condition that every statement of a transition carries, and what is bound to it, last. */
export interface Guarded {
  readonly holds: string;
  readonly values: readonly (string | number)[];
}
