/**
 * The import rule of ARCHITECTURE.md: arrows point one way, and this file holds them. Each folder has a list of what it
 * may import of our own code; tests may import anything.
 */
const OURS = "^(src|relay|cli|client|protocol|launcher)/";
const TESTS = "\\.test\\.ts$";
const no = (name, from, to) => ({ name, severity: "error", from, to });

/** The files whose paths begin so import of our own code nothing but themselves and `allowed`. */
const only = (folder, allowed) =>
  no(
    `${folder} imports only ${allowed.join(", ") || "itself"}`,
    { path: `^${folder}(/|\\.)`, pathNot: TESTS },
    { path: OURS, pathNot: `^(${[folder, ...allowed].join("|")})(/|$|\\.)` },
  );

/** `folder` may import of `others` what they declare, and nothing that runs. */
const onlyTypes = (folder, others) =>
  no(
    `${folder} imports only types of ${others.join(", ")}`,
    { path: `^${folder}(/|\\.)`, pathNot: TESTS },
    { path: `^(${others.join("|")})(/|\\.)`, dependencyTypesNot: ["type-only"] },
  );

module.exports = {
  forbidden: [
    no("no-circular", {}, { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }),
    no("no-unresolvable", {}, { couldNotResolve: true, pathNot: "^(cloudflare:|bun:)" }),
    no(
      "edge imports no Node module",
      { path: "^(src|protocol)/", pathNot: TESTS },
      { dependencyTypes: ["core"] },
    ),

    only("src/limits", []),
    only("src/domain", ["src/limits"]),
    only("src/outbound", ["src/domain"]),
    only("src/db", ["src/domain", "src/limits", "src/env"]),
    only("src/stores", ["src/domain", "src/outbound", "src/limits", "src/env", "protocol"]),
    // Settings are checked by the rules of what they are for. The type of the objects' binding is theirs to say.
    only("src/env[a-z-]*", [
      "src/domain",
      "src/http/cors",
      "src/stores/contract",
      "src/stores/http-address",
      "src/stores/s3-address",
      "src/durable/image-coordinator",
    ]),
    onlyTypes("src/env[a-z-]*", ["src/durable"]),
    only("src/durable", ["src/domain", "src/stores", "src/db", "src/limits", "src/env", "src/http/log"]),
    only("src/http", ["src/domain", "src/limits", "src/env", "src/auth", "src/openapi/describe"]),
    onlyTypes("src/http", ["src/auth", "src/openapi"]),
    // A relay's nonce is spent in the image's object.
    only("src/auth", [
      "src/domain",
      "src/outbound",
      "src/db/identity",
      "src/durable/coordinator-of",
      "src/durable/refusals",
      "src/durable/transfers",
      "src/limits",
      "src/env",
      "src/http/app-types",
      "src/http/base-url",
      "src/http/log",
      "protocol",
    ]),
    only("src/actions", [
      "src/domain",
      "src/stores",
      "src/outbound",
      "src/db",
      "src/durable",
      "src/auth",
      "src/limits",
      "src/env",
      "src/http",
    ]),
    only("src/routes", [
      "src/actions",
      "src/auth",
      "src/domain",
      "src/http",
      "src/db/identity",
      "src/db/tasks",
      "src/durable/allowances",
      "src/durable/coordinator-of",
      "src/stores/contract",
      "src/openapi/describe",
      "src/openapi/examples",
      "src/limits",
      "src/env",
      "protocol",
    ]),
    only("src/openapi", ["src/routes", "src/domain", "src/http", "src/stores/contract", "src/limits"]),
    // The worker loads these two, and so whatever they import.
    only("src/openapi/describe", []),
    only("src/openapi/examples", []),
    only("src/home", ["src/worker", "src/durable", "src/auth/session", "src/db/catalogue-copies", "src/env"]),
    no(
      "routes stand between the API and everything else",
      { path: "^src/", pathNot: `^src/(routes|openapi)/|^src/app\\.ts$|${TESTS}` },
      { path: "^src/routes/" },
    ),
    no(
      "the app and the worker are imported by the entries alone",
      { path: OURS, pathNot: `^src/(worker|home/worker)\\.ts$|${TESTS}` },
      { path: "^src/(app|worker)\\.ts$" },
    ),

    only("protocol", []),
    no(
      "protocol is for the relay, its store, and the routes and signatures that answer it",
      { path: "^src/", pathNot: `^src/(stores/relay|routes/relay|auth/relay)|${TESTS}` },
      { path: "^protocol/" },
    ),
    only("relay", [
      "protocol",
      "src/outbound",
      "src/stores/allowance",
      "src/stores/contract",
      "src/stores/examine",
      "src/stores/http-body",
      "src/stores/memory",
      "src/stores/platform",
      "src/stores/pump",
      "src/stores/put-blob",
      "src/stores/rbd-location",
      "src/stores/running-puts",
      "src/stores/s3",
      "src/stores/s3-address",
      "src/stores/sinks",
      "src/stores/swift",
      "src/stores/swift-auth",
      "src/stores/swift-client",
      "src/domain/errors",
      "src/http/cors",
      "src/http/error-response",
      "src/http/request-id",
    ]),
    no(
      "in the relay, stores and cache know no door",
      { path: "^relay/(drivers|hashing|cache)/", pathNot: TESTS },
      { path: "^relay/(front|door|doctor)/" },
    ),
    no(
      "the relay's origin door and its doctor know nothing of the front door",
      { path: "^relay/(door|doctor)/", pathNot: TESTS },
      { path: "^relay/front/" },
    ),

    // Both programs' settings are derived of one file, by the rules by which they check them.
    only("launcher", [
      "relay/cors-settings",
      "relay/make-directory",
      "relay/secret-file",
      "relay/node-http",
      "src/domain/in-words",
      "src/env-[a-z-]*",
      "src/stores/http-address",
      "src/stores/s3-address",
    ]),
    only("client", []),
    only("cli", ["client"]),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/dist/" },
    tsConfig: { fileName: "tsconfig.node.json" },
    // A package's `exports` decide what may be imported of it, as they do for Node and the bundler.
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
    },
  },
};
