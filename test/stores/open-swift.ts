import { SwiftStore, type SwiftStoreOptions } from "../../src/stores/swift.ts";
import { SwiftClient, type SwiftClientOptions } from "../../src/stores/swift-client.ts";
import { listed } from "../../src/stores/swift-objects.ts";
import type { SwiftService } from "./services.ts";

const MiB = 1024 * 1024;

type Options = Partial<SwiftStoreOptions & SwiftClientOptions>;

export const swiftClient = ({ authUrl, user, key }: SwiftService, options: Options = {}): SwiftClient =>
  new SwiftClient({
    id: "swift",
    authUrl,
    account: { version: 1, user, key },
    createContainer: true,
    answerSeconds: 30,
    idleSeconds: 30,
    ...options,
    fetch: (url, init) => fetch(url, init),
  });

/** A store over a real server, with small segments, so that tests cross their boundaries. */
export function openSwift(service: SwiftService, options: Options = {}): SwiftStore {
  const { authUrl, user: accountUser, container } = service;
  return new SwiftStore({
    ...{ client: swiftClient(service, options), authUrl, accountUser, container },
    ...{ reference: "ref1", containerSeed: 0 },
    ...{ bufferBytes: 2 * MiB, largeObjectBytes: 5 * MiB, segmentBytes: 2 * MiB },
    ...options,
  });
}

/** All that the container has under the prefix, segments included. */
export async function namesIn(service: SwiftService, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of listed(swiftClient(service), service.container, prefix)) names.push(name);
  return names;
}
