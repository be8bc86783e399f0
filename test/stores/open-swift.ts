import { SwiftStore, type SwiftStoreOptions } from "../../src/stores/swift.ts";
import { SwiftClient, type SwiftClientOptions } from "../../src/stores/swift-client.ts";
import type { SwiftService } from "./services.ts";

const MiB = 1024 * 1024;

type Options = Partial<SwiftStoreOptions & Pick<SwiftClientOptions, "answerSeconds" | "idleSeconds">>;

/** A store over a real server, with small segments, so that tests cross their boundaries. */
export function openSwift(
  { authUrl, user, key, container }: SwiftService,
  options: Options = {},
): SwiftStore {
  const client = new SwiftClient({
    id: "swift",
    authUrl,
    account: { version: 1, user, key },
    createContainer: true,
    answerSeconds: 30,
    idleSeconds: 30,
    ...options,
    fetch: (url, init) => fetch(url, init),
  });
  return new SwiftStore({
    ...{ client, authUrl, accountUser: user, reference: "ref1", container, containerSeed: 0 },
    ...{ bufferBytes: 2 * MiB, largeObjectBytes: 5 * MiB, segmentBytes: 2 * MiB },
    ...options,
  });
}
