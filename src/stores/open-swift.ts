import { bindingOf, type Config, type Env, type StoreConfig } from "../env.ts";
import { BUFFER_BYTES } from "../limits.ts";
import { SwiftStore } from "./swift.ts";
import type { SwiftAccount } from "./swift-auth.ts";
import { SwiftClient } from "./swift-client.ts";
import type { SwiftNames } from "./swift-location.ts";
import { WORKERD } from "./workerd.ts";

export type SwiftConfig = Extract<StoreConfig, { type: "swift" }>;

/** A client for each configured store, which shares its knowledge of the server between all requests of an isolate. */
const clients = new WeakMap<SwiftConfig, SwiftClient>();

export function openSwift(store: SwiftConfig, config: Config, env: Env): SwiftStore {
  let client = clients.get(store);
  if (!client) {
    client = clientOf(store, config, env);
    clients.set(store, client);
  }
  const { largeObjectBytes, segmentBytes } = store;
  // As much again is kept of the request that is being sent.
  return new SwiftStore({
    ...swiftNamesOf(store),
    ...{ client, largeObjectBytes, segmentBytes, bufferBytes: BUFFER_BYTES / 2 },
  });
}

/** The names of which the store's locations consist. */
export function swiftNamesOf(store: SwiftConfig): SwiftNames {
  const { authUrl, authVersion, container, containerSeed, projectName, reference, user } = store;
  const accountUser = authVersion === 3 && user !== undefined ? `${projectName}:${user}` : user;
  return {
    ...{ authUrl, container, containerSeed, reference },
    ...(accountUser === undefined ? {} : { accountUser }),
  };
}

function clientOf(store: SwiftConfig, config: Config, env: Env): SwiftClient {
  const { answerSeconds, authUrl, binding, createContainer, endpoint, id, idleSeconds } = store;
  const bound = binding === undefined ? undefined : bindingOf(env, binding);
  return new SwiftClient({
    ...{ id, authUrl, answerSeconds, idleSeconds, createContainer },
    ...(endpoint === undefined ? {} : { endpoint }),
    account: accountOf(store, config.storeSecrets.find((secret) => secret.store === id)?.secret ?? ""),
    platform: WORKERD,
    fetch: (url, init) => (bound ?? globalThis).fetch(url, init),
  });
}

function accountOf(store: SwiftConfig, key: string): SwiftAccount {
  return store.authVersion === 1
    ? { version: 1, user: store.user ?? "", key }
    : { ...store, version: 3, key };
}
