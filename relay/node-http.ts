/**
 * Of `node:http` what is called here. To import it by its name reads all that it exports, and thereby loads the WebSocket
 * client that it has too, with all of fetch: 5 MiB for nothing.
 */
export const { createServer, get } = process.getBuiltinModule("node:http");
