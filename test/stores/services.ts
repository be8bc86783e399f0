/** The real servers that the ring of `stores.sh` has started, as tests inside workerd are told of them. */
export interface S3Service {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SwiftService {
  readonly authUrl: string;
  readonly user: string;
  readonly key: string;
  readonly container: string;
  /** Of Keystone's, where that is who lets in. */
  readonly project?: string;
}

/** A user of Keystone's, and a credential that they have lent. */
export interface KeystoneSwiftService extends SwiftService {
  readonly project: string;
  readonly lent: { readonly id: string; readonly secret: string };
}

export interface Services {
  readonly "ceph-s3"?: S3Service;
  readonly "ceph-swift"?: SwiftService;
  readonly "openstack-swift"?: SwiftService;
  readonly "openstack-swift-keystone"?: KeystoneSwiftService;
}

export interface ProvidedServices {
  readonly services: Services;
  /** Stores that must be there, by name: one that is missing is a failure. */
  readonly required: readonly string[];
  /** Where `Proxied` makes its proxies. */
  readonly faultControl: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stores: ProvidedServices;
  }
}
