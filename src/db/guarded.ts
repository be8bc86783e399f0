/** A condition that every statement of a transition carries, and the values bound to it, which come last. */
export interface Guarded {
  readonly holds: string;
  readonly values: readonly (string | number)[];
}
