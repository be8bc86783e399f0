/** The import rule of ARCHITECTURE.md: arrows point one way, and this file holds them. */
const no = (name, from, to) => ({ name, severity: "error", from, to });
const only = (folder, allowed) =>
  no(
    `${folder} imports only ${allowed.join(", ")}`,
    { path: `^${folder}/`, pathNot: "\\.test\\.ts$" },
    {
      path: "^(src|relay|cli|client|protocol|launcher|console)/",
      pathNot: `^(${[folder, ...allowed].join("|")})(/|$|\\.)`,
    },
  );

module.exports = {
  forbidden: [
    no("no-circular", {}, { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }),
    no("no-unresolvable", {}, { couldNotResolve: true, pathNot: "^(cloudflare:|bun:)" }),
    no(
      "edge imports no Node module",
      { path: "^(src|protocol)/", pathNot: "\\.test\\.ts$" },
      { dependencyTypes: ["core"] },
    ),
    only("src/domain", ["src/limits"]),
    only("src/outbound", ["src/domain"]),
    only("src/stores", ["src/domain", "src/outbound", "src/limits", "src/env", "protocol"]),
    only("src/db", ["src/domain", "src/limits", "src/env"]),
    only("src/durable", ["src/domain", "src/stores", "src/db", "src/limits", "src/env", "src/http/log"]),
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
    only("src/home", ["src/worker", "src/durable", "src/db/catalogue-copies", "src/env"]),
    only("protocol", []),
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
    only("client", []),
    only("cli", ["client"]),
    no(
      "protocol is for the relay, its store, and the routes and signatures that answer it",
      { path: "^src/", pathNot: "^src/(stores/relay|routes/relay|auth/relay)|\\.test\\.ts$" },
      { path: "^protocol/" },
    ),
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
