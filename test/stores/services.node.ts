import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { TestProject } from "vitest/node";
import { startFaultControl } from "../support/fault-proxy.node.ts";
import type { KeystoneSwiftService, S3Service, Services, SwiftService } from "./services.ts";

type Variables = Record<string, string | undefined>;

/** The variables name the files that the servers' scripts wrote; all of them set the same names. */
export function servicesHere(): Services {
  const { CEPH_ENV, KEYSTONE_SWIFT_ENV, SWIFT_ENV } = process.env;
  const [ceph, swift, keystone] = [CEPH_ENV, SWIFT_ENV, KEYSTONE_SWIFT_ENV].map(fileOf);
  return {
    ...(ceph
      ? { "ceph-s3": s3Of(ceph), "ceph-swift": swiftOf({ SWIFT_CONTAINER: "glance-swift", ...ceph }) }
      : {}),
    ...(swift ? { "openstack-swift": swiftOf(swift) } : {}),
    ...(keystone ? { "openstack-swift-keystone": keystoneSwiftOf(keystone) } : {}),
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

const keystoneSwiftOf = (v: Variables): KeystoneSwiftService => ({
  ...swiftOf(v),
  project: need(v, "SWIFT_PROJECT"),
  lent: { id: need(v, "SWIFT_CREDENTIAL_ID"), secret: need(v, "SWIFT_CREDENTIAL_SECRET") },
});

function need(variables: Variables, name: string): string {
  const value = variables[name];
  if (!value) throw new Error(`the servers' env file does not say ${name}`);
  return value;
}

const fileOf = (path: string | undefined): Variables | undefined =>
  path ? parseEnv(readFileSync(path, "utf8")) : undefined;

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
