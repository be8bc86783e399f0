import { ServiceError } from "../../src/domain/errors.ts";
import { type ImageStore, readerOf } from "../../src/stores/contract.ts";

/** The store with every change refused, whatever the edge thinks of it. */
export function readOnly(store: ImageStore): ImageStore {
  const refused = () => new ServiceError("gone", "The store is only read.");
  return {
    ...readerOf(store),
    put: async (_key, body) => {
      await body.cancel().catch(() => {});
      throw refused();
    },
    delete: async () => {
      throw refused();
    },
    locationOf: (key) => store.locationOf(key),
    list: (prefix) => store.list(prefix),
  };
}
