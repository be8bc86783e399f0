import { PROJECT_ID_EXAMPLE, USER_ID_EXAMPLE } from "./examples.ts";

/** The users and programs in the examples of the embedded identity, by the names of their components. */

const BASE = "http://127.0.0.1:9292";
const API = `${BASE}/identity/v3`;
const ROLE_ID = "9fe2ff9ee4384b1894a90878d3e92bab";
const CREDENTIAL_ID = "e5c1b7d09f2a4c6b8d3e1f0a9b8c7d6e";
const DOMAIN = { id: "default", name: "Default" };

const self = (path: string) => ({ links: { self: `${API}/${path}` } });

const endpoint = {
  id: "image-public",
  interface: "public",
  region: "RegionOne",
  region_id: "RegionOne",
  url: BASE,
};
const catalog = [{ id: "image", type: "image", name: "glimpse", endpoints: [endpoint] }];

export const IDENTITY_EXAMPLES: Readonly<Record<string, unknown>> = {
  IdentityVersion: {
    id: "v3.14",
    status: "stable",
    updated: "2020-04-07T00:00:00Z",
    links: [{ rel: "self", href: `${API}/` }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.identity-v3+json" }],
  },
  Domain: {
    ...DOMAIN,
    description: "The one domain there is",
    enabled: true,
    options: {},
    tags: [],
    ...self("domains/default"),
  },
  User: {
    id: USER_ID_EXAMPLE,
    name: "ada",
    domain_id: "default",
    enabled: true,
    description: null,
    password_expires_at: null,
    options: {},
    ...self(`users/${USER_ID_EXAMPLE}`),
  },
  Project: {
    id: PROJECT_ID_EXAMPLE,
    name: "analysis",
    domain_id: "default",
    parent_id: "default",
    is_domain: false,
    enabled: true,
    description: "",
    tags: [],
    options: {},
    ...self(`projects/${PROJECT_ID_EXAMPLE}`),
  },
  Role: {
    id: ROLE_ID,
    name: "member",
    domain_id: null,
    description: null,
    options: {},
    ...self(`roles/${ROLE_ID}`),
  },
  AssignedRole: { id: ROLE_ID, name: "member", ...self(`roles/${ROLE_ID}`) },
  RoleAssignment: {
    role: { id: ROLE_ID },
    user: { id: USER_ID_EXAMPLE },
    scope: { project: { id: PROJECT_ID_EXAMPLE } },
    links: {
      assignment: `${API}/projects/${PROJECT_ID_EXAMPLE}/users/${USER_ID_EXAMPLE}/roles/${ROLE_ID}`,
    },
  },
  Service: {
    id: "image",
    type: "image",
    name: "glimpse",
    description: "Image service",
    enabled: true,
    ...self("services/image"),
  },
  Endpoint: { ...endpoint, service_id: "image", enabled: true, ...self("endpoints/image-public") },
  ServiceCatalog: {
    catalog,
    links: { next: null, previous: null, self: `${API}/auth/catalog` },
  },
  Token: {
    methods: ["password"],
    user: { domain: DOMAIN, id: USER_ID_EXAMPLE, name: "ada", password_expires_at: null },
    audit_ids: ["3T2dc1CGQxyJsHdDu1xkcw"],
    expires_at: "2026-11-25T10:30:00.000000Z",
    issued_at: "2026-11-25T09:30:00.000000Z",
    project: { domain: DOMAIN, id: PROJECT_ID_EXAMPLE, name: "analysis" },
    is_domain: false,
    roles: [{ id: ROLE_ID, name: "member" }],
    catalog,
  },
  ApplicationCredential: {
    id: CREDENTIAL_ID,
    name: "backup",
    description: null,
    user_id: USER_ID_EXAMPLE,
    project_id: PROJECT_ID_EXAMPLE,
    system: null,
    roles: [{ id: ROLE_ID, name: "member", domain_id: null }],
    expires_at: null,
    unrestricted: false,
    ...self(`users/${USER_ID_EXAMPLE}/application_credentials/${CREDENTIAL_ID}`),
  },
};
