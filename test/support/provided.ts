/** What `relay-setup.node.ts` tells the tests inside workerd. */
export interface ProvidedRelay {
  readonly url: string;
  readonly dir: string;
  readonly key: { readonly id: string; readonly secret: string };
}

declare module "vitest" {
  interface ProvidedContext {
    relay: ProvidedRelay;
  }
}
