import { S3Store } from "../../../src/stores/s3.ts";
import { SwiftStore } from "../../../src/stores/swift.ts";
import type { SwiftAccount } from "../../../src/stores/swift-auth.ts";
import { SwiftClient } from "../../../src/stores/swift-client.ts";
import type { S3Settings, SwiftSettings } from "../../object-settings.ts";
import type { OpenStore } from "../../open-store.ts";
import { nodePlatform } from "./node-platform.ts";
import type { Memory } from "./part-writer.ts";
import { StoreFetch } from "./store-fetch.ts";

/** Single puts are not used here: everything is sent in parts. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** The edge's bucket, accessed from this relay. Opening it sends no request. */
export function openS3(store: S3Settings, memory: Memory): OpenStore {
  const { answer_seconds: answerSeconds, idle_seconds: idleSeconds, session_token: sessionToken } = store;
  const server = new StoreFetch({ answerSeconds, idleSeconds });
  const opened = new S3Store({
    id: store.id,
    platform: nodePlatform(memory),
    endpoint: store.endpoint,
    bucket: store.bucket,
    addressing: store.addressing,
    region: store.region,
    accessKeyId: store.access_key_id,
    secretAccessKey: store.secret ?? "",
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...{ partBytes: store.part_bytes, thresholdBytes: NEVER, createBucket: store.create_bucket },
    ...{ answerSeconds, idleSeconds, patienceSeconds: store.patience_seconds },
    fetch: server.fetch,
  });
  return Object.assign(opened, { elsewhere: true as const, close: () => server.close() });
}

/** The edge's containers, accessed from this relay. Opening them sends no request. */
export function openSwift(store: SwiftSettings, memory: Memory): OpenStore {
  const { answer_seconds: answerSeconds, idle_seconds: idleSeconds, auth_url: authUrl, endpoint } = store;
  const server = new StoreFetch({ answerSeconds, idleSeconds });
  const client = new SwiftClient({
    ...{ id: store.id, authUrl, answerSeconds, idleSeconds },
    platform: nodePlatform(memory),
    account: accountOf(store),
    createContainer: store.create_container,
    ...(endpoint === undefined ? {} : { endpoint }),
    fetch: server.fetch,
  });
  const { auth_version: version, container, project_name: project, reference, user } = store;
  const accountUser = version === 3 && user !== undefined ? `${project}:${user}` : user;
  const opened = new SwiftStore({
    ...{ client, authUrl, container, containerSeed: store.container_seed, reference },
    ...(accountUser === undefined ? {} : { accountUser }),
    partBytes: store.part_bytes,
    ...{ largeObjectBytes: NEVER, segmentBytes: NEVER, bufferBytes: 0 },
  });
  return Object.assign(opened, { elsewhere: true as const, close: () => server.close() });
}

function accountOf(store: SwiftSettings): SwiftAccount {
  const key = store.secret ?? "";
  if (store.auth_version === 1) return { version: 1, user: store.user ?? "", key };
  return {
    ...{ version: 3, key, interface: store.interface, region: store.region, user: store.user },
    ...{ userDomainId: store.user_domain_id, userDomainName: store.user_domain_name },
    ...{ projectName: store.project_name, projectDomainId: store.project_domain_id },
    ...{ projectDomainName: store.project_domain_name },
    applicationCredentialId: store.application_credential_id,
  };
}
