import { JSON_BODY_BYTES } from "../limits.ts";

const description = `Glimpse is an image service: people and machines keep, find and fetch VM disk images through it. It speaks the OpenStack Image API v2, as Glance does, and this document describes all that it answers to. What Glance has not is marked with \`x-glimpse-extension: true\`: operations and their tags, parameters and answers of Glance's own operations, headers, and what else nothing of Glance's refers to. What a relay alone can ask for has \`x-internal: true\` besides, by which generators leave it out.

## Tokens

Every request under \`/v2\` carries a token in \`X-Auth-Token\`: one of a Keystone, or one of the identity that is embedded in the service (\`create_token\`), as the operator chose. A service of the same cloud may add its own in \`X-Service-Token\`. Where the operator chose to have no identity, none is needed.

## Versions

\`/v2.0\` to \`/v2.17\`, those of them that \`list_versions\` names, mean \`/v2\`. So does a path without a version, when \`Accept\` is \`application/vnd.openstack.images-v2\`, with or without a minor version.

## Requests

A body is read as JSON whatever its \`Content-Type\` says, but for a patch and for image data; it has at most ${JSON_BODY_BYTES} bytes. Attributes and query parameters that a schema does not name are let be where it does not forbid them. Text has neither NUL nor characters above U+FFFF. A body is refused with 400 where an operation describes none, and a URL whose escapes are not UTF-8 likewise.

## Answers

Times are UTC. Sizes are bytes unless a description says otherwise. Links are paths of this service.

The body of a refusal is what \`Accept\` asks for: JSON where \`application/json\` is named, HTML for whoever takes anything (\`*/*\`), and plain text otherwise. A client should therefore send \`Accept: application/json\`. The embedded identity answers in Keystone's shape, always in JSON. A refusal that does not say so may be different at another time: 409 where others change the same image, 503 always.

A method that a path does not have is a 405 whose \`Allow\` names those it has. Under \`/v2\`, and of \`/v2\` itself, that includes \`HEAD\` and \`OPTIONS\`; who brings no token where one is needed hears 401 before that, and who may not ask for tasks 403. Elsewhere \`HEAD\` is answered as \`GET\` without the body; under \`/identity\` and \`/relay\` such a method is a 404, and the documents of versions, \`/\` and \`/versions\`, are given for any. A method that HTTP does not know is a 501.

What the API has and this service does not is an unknown path: under \`/v2\`, \`/identity\`, \`/relay\`, \`/docs\` and \`/healthcheck\` that is a 404, and at the root it is answered with the versions. A slash at the end makes another path, but of \`/versions\`, \`/identity\` and \`/identity/v3\`, which are the same with it.

A browser that asks before it lets a page of another origin use the service (\`OPTIONS\` with \`Origin\` and \`Access-Control-Request-Method\`) is answered 204 where the operator allows that origin, the method and the headers, with \`Access-Control-Allow-Methods\`, \`Access-Control-Allow-Headers\` and \`Access-Control-Max-Age\`, and no token is asked for. What other answers say to such a page is described with each of them.`;

const OURS = { "x-glimpse-extension": true } as const;

/** What the document says of the whole. */
export const about = (version: string) => ({
  info: {
    title: "Glimpse",
    summary: "An image service that speaks the OpenStack Image API v2",
    description,
    version,
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  // The service is at the address from which the document was fetched.
  servers: [{ url: "/", description: "This service" }],
  security: [{ AuthToken: [] }, { AuthToken: [], ServiceToken: [] }],
  tags: [
    { name: "images", description: "Records of images: what they are called, and who may see them" },
    { name: "image-data", description: "The data of images" },
    { name: "members", description: "Projects that images are shared with" },
    { name: "tags", description: "Words to find images by, one at a time" },
    { name: "actions", description: "Withdrawing the data of an image, and giving it back" },
    { name: "locations", description: "Where the data of images is, for services and administrators" },
    { name: "tasks", description: "Work that requests began and did not wait for" },
    { name: "info", description: "What the service can do, and what a project may use" },
    { name: "schemas", description: "JSON schemas that Glance's clients read" },
    { name: "versions", description: "Versions of the Image API" },
    { name: "health", description: "Whether the service can work" },
    { name: "discovery", description: "What clients learn before they log in", ...OURS },
    {
      name: "identity",
      description:
        "The part of Keystone's API v3 that clients of an image service need, where identity is embedded; 404 where it is not",
      ...OURS,
    },
    {
      name: "relay",
      description:
        "What a relay, which moves data at a site, asks the worker. Requests are signed; no other client can use them. To what it passes on it adds `X-Glimpse-Site`, the address by which the client came, and `X-Glimpse-Site-Proof`, its signature of that: links then name that address",
      ...OURS,
    },
  ],
});

export const securitySchemes = {
  AuthToken: {
    type: "apiKey",
    in: "header",
    name: "X-Auth-Token",
    description: "A token of the caller",
  },
  ServiceToken: {
    type: "apiKey",
    in: "header",
    name: "X-Service-Token",
    description: "A token of the service that asks for the caller",
  },
  RelaySignature: {
    ...OURS,
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description:
      "`GLIMPSE-HMAC-SHA256 key=…, time=…, nonce=…, payload=…, signature=…`: a signature of method, path, query, time, nonce and the digest of the body, by a key that the relay and the worker share",
  },
} as const;
