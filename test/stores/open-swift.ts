import { SwiftStore, type SwiftStoreOptions } from "../../src/stores/swift.ts";
import type { SwiftAccount } from "../../src/stores/swift-auth.ts";
import { SwiftClient, type SwiftClientOptions } from "../../src/stores/swift-client.ts";
import { listed } from "../../src/stores/swift-objects.ts";
import { WORKERD } from "../../src/stores/workerd.ts";
import type { SwiftService } from "./services.ts";

const MiB = 1024 * 1024;

type Options = Partial<SwiftStoreOptions & SwiftClientOptions>;

const accountOf = ({ key, project, user }: SwiftService): SwiftAccount =>
  project === undefined
    ? { version: 1, user, key }
    : { version: 3, user, key, projectName: project, interface: "public" };

export const swiftClient = (service: SwiftService, options: Options = {}): SwiftClient =>
  new SwiftClient({
    id: "swift",
    platform: WORKERD,
    authUrl: service.authUrl,
    account: accountOf(service),
    fetch: (url, init) => fetch(url, init),
    createContainer: true,
    answerSeconds: 30,
    idleSeconds: 30,
    ...options,
  });

/** A store over a real server, with small segments, so that tests cross their boundaries. */
export function openSwift(service: SwiftService, options: Options = {}): SwiftStore {
  const { authUrl, container, project, user } = service;
  const accountUser = project === undefined ? user : `${project}:${user}`;
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
