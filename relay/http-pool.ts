import request from "undici/lib/api/api-request.js";
import Pool from "undici/lib/dispatcher/pool.js";

/**
 * undici's pool of connections to one origin, the same as `Pool` of its index. The index would also load fetch,
 * WebSocket, caches and mocks: 11 MiB that are not needed.
 */
export class HttpPool extends Pool {
  readonly request = request;
}
