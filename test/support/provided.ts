/** What `relay-setup.node.ts` tells the tests inside workerd. */
export interface ProvidedRelay {
  readonly url: string;
  readonly dir: string;
  readonly key: { readonly id: string; readonly secret: string };
}

/** What vitest.config.ts tells each file of the fuzz ring. */
export interface ProvidedFuzz {
  /** Of the first world: what fails once fails again with it. */
  readonly seed: number;
  readonly worlds: number;
  /** As many must have been made at least. */
  readonly requests: number;
}

declare module "vitest" {
  interface ProvidedContext {
    relay: ProvidedRelay;
    fuzz: ProvidedFuzz;
  }
}
