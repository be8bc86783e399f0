import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { TestProject } from "vitest/node";
import { startFaultControl } from "../support/fault-proxy.node.ts";
import type { S3Service, Services, SwiftService } from "./services.ts";

type Variables = Record<string, string | undefined>;

/** `CEPH_ENV` and `SWIFT_ENV` name the files that the servers' scripts wrote; both set the same names. */
function servicesOf(ceph: Variables | undefined, swift: Variables | undefined): Services {
  return {
    ...(ceph
      ? { "ceph-s3": s3Of(ceph), "ceph-swift": swiftOf({ SWIFT_CONTAINER: "glance-swift", ...ceph }) }
      : {}),
    ...(swift ? { "openstack-swift": swiftOf(swift) } : {}),
  };
}

const s3Of = (v: Variables): S3Service => ({
  endpoint: need(v, "S3_ENDPOINT"),
  region: need(v, "S3_REGION"),
  bucket: need(v, "S3_BUCKET"),
  accessKeyId: need(v, "S3_ACCESS_KEY_ID"),
  secretAccessKey: need(v, "S3_SECRET_ACCESS_KEY"),
});

const swiftOf = (v: Variables): SwiftService => ({
  authUrl: need(v, "SWIFT_AUTH_URL"),
  user: need(v, "SWIFT_USER"),
  key: need(v, "SWIFT_KEY"),
  container: need(v, "SWIFT_CONTAINER"),
});

function need(variables: Variables, name: string): string {
  const value = variables[name];
  if (!value) throw new Error(`the servers' env file does not say ${name}`);
  return value;
}

const fileOf = (path: string | undefined): Variables | undefined =>
  path ? parseEnv(readFileSync(path, "utf8")) : undefined;

/** The servers that the environment names. */
export function servicesHere(): Services {
  const { CEPH_ENV, SWIFT_ENV } = process.env;
  return servicesOf(fileOf(CEPH_ENV), fileOf(SWIFT_ENV));
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { CONFORMANCE_REQUIRE = "" } = process.env;
  const control = await startFaultControl();
  project.provide("stores", {
    services: servicesHere(),
    required: CONFORMANCE_REQUIRE.split(",").filter(Boolean),
    faultControl: control.url,
  });
  return control.stop;
}
