import { ref, type Schema } from "../describe.ts";

const VERSION = {
  id: "v2.17",
  status: "CURRENT",
  links: [{ rel: "self", href: "http://127.0.0.1:9292/v2/" }],
};

/** What is told before anybody logs in. */
export const discoverySchemas: Readonly<Record<string, Schema>> = {
  VersionList: {
    type: "object",
    description: "The versions of the Image API, the newest first",
    properties: {
      versions: {
        type: "array",
        items: ref("Version"),
        description: "The newest first: the one whose `status` is `CURRENT`",
      },
    },
    required: ["versions"],
    example: { versions: [VERSION] },
  },
  Version: {
    type: "object",
    description: "A minor version of the Image API. All of them behave alike",
    properties: {
      id: { type: "string", description: "Its name, such as `v2.17`" },
      status: {
        type: "string",
        enum: ["CURRENT", "SUPPORTED"],
        description: "`CURRENT` for the newest one",
      },
      links: { type: "array", items: ref("Link"), description: "Where it is" },
    },
    required: ["id", "status", "links"],
    example: VERSION,
  },
  Link: {
    type: "object",
    description: "A URL and what is found there",
    properties: {
      rel: { type: "string", description: "What is found there: `self`" },
      href: { type: "string", description: "URL" },
    },
    required: ["rel", "href"],
  },
  Health: {
    type: "object",
    description: "Whether the service can work",
    properties: {
      detailed: { type: "boolean", description: "Always false" },
      reasons: {
        type: "array",
        items: { type: "string" },
        description: '"OK", or what is wrong with the settings',
      },
    },
    required: ["detailed", "reasons"],
    example: { detailed: false, reasons: ["OK"] },
  },
  CloudProfile: {
    type: "object",
    description: "A vendor profile of openstacksdk: all that a client needs to know but who asks",
    properties: {
      name: { type: "string", description: "Host of the service, under which a client keeps the profile" },
      profile: {
        type: "object",
        description:
          "What a `clouds.yaml` may say of a cloud; what it depends on is how identity is configured",
        additionalProperties: true,
      },
    },
    required: ["name", "profile"],
    example: {
      name: "127.0.0.1:9292",
      profile: {
        auth: {
          auth_url: "http://127.0.0.1:9292/identity/v3",
          user_domain_id: "default",
          project_domain_id: "default",
        },
        identity_api_version: "3",
        regions: ["RegionOne"],
        image_api_version: "2",
      },
    },
  },
  OpenApiDocument: {
    type: "object",
    description: "This document",
    additionalProperties: true,
    example: { openapi: "3.1.0" },
  },
};
