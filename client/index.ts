/** What programs use: README.md shows how. In Node they take `nodeTransport` from `@glimpse/client/node` besides. */
export { type Api, dataOf, type Schemas } from "./api.ts";
export type { EndpointChoice } from "./catalogue.ts";
export { ClientError, NoIdentityService } from "./errors.ts";
export * from "./identity.ts";
export * from "./image-actions.ts";
export * from "./images.ts";
export * from "./info.ts";
export type { Credentials, Scope } from "./keystone.ts";
export * from "./locations.ts";
export * from "./members.ts";
export { Session, type SessionOptions } from "./session.ts";
export * from "./tasks.ts";
export type { BodySource, Bytes, HttpRequest, HttpResponse, Transport } from "./transport.ts";
export { fetchTransport } from "./transport.ts";
