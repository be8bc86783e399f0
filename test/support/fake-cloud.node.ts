import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  body: Buffer | undefined;
}

type Handler = (request: IncomingMessage, response: ServerResponse, seen: Seen) => unknown;

/** An identity and an image service on one port, just true enough for clients; tests replace what shall go wrong. */
export interface FakeCloud {
  readonly url: string;
  readonly seen: Seen[];
  readonly images: Map<string, Record<string, unknown>>;
  readonly data: Map<string, Buffer>;
  /** Tokens that are good; empty it to expire them all. */
  readonly tokens: Set<string>;
  /** Answers every request of this method and path from now on. */
  answer(method: string, path: string, handler: Handler): void;
  addImage(fields: Record<string, unknown>, data?: Buffer): Record<string, unknown>;
  close(): Promise<void>;
}

export async function startFakeCloud(): Promise<FakeCloud> {
  const replaced = new Map<string, Handler>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", cloud.url);
    const seen: Seen = {
      method: request.method ?? "",
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: undefined,
    };
    cloud.seen.push(seen);
    response.setHeader("x-openstack-request-id", "req-fake");
    const handler = replaced.get(`${seen.method} ${pathname}`) ?? usual(cloud);
    Promise.resolve(handler(request, response, seen)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cloud: FakeCloud = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    images: new Map(),
    data: new Map(),
    tokens: new Set(),
    answer: (method, path, handler) => void replaced.set(`${method} ${path}`, handler),
    addImage: (fields, data) => addImage(cloud, fields, data),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return cloud;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** An error as Glance words it for anyone who takes HTML. */
export function sendHtml(response: ServerResponse, status: number, title: string, why: string): void {
  const code = `${status} ${title}`;
  response
    .writeHead(status, { "content-type": "text/html; charset=UTF-8" })
    .end(
      `<html>\n <head>\n  <title>${code}</title>\n </head>\n <body>\n  <h1>${code}</h1>\n  ${why}<br /><br />\n\n\n\n </body>\n</html>`,
    );
}

function addImage(cloud: FakeCloud, fields: Record<string, unknown>, data?: Buffer): Record<string, unknown> {
  const id = (fields.id as string | undefined) ?? randomUUID();
  const image = {
    name: null,
    disk_format: null,
    container_format: null,
    visibility: "shared",
    size: null,
    virtual_size: null,
    status: "queued",
    checksum: null,
    protected: false,
    min_ram: 0,
    min_disk: 0,
    owner: "82162e3886c94e31adb40bed37c9f2e7",
    os_hidden: false,
    os_hash_algo: null,
    os_hash_value: null,
    created_at: "2026-11-23T05:58:49Z",
    updated_at: "2026-11-23T05:58:49Z",
    tags: [],
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: "/v2/schemas/image",
    ...(data ? described(data) : {}),
    ...fields,
    id,
  };
  cloud.images.set(id, image);
  if (data) cloud.data.set(id, data);
  return image;
}

const described = (data: Buffer) => ({
  status: "active",
  size: data.byteLength,
  checksum: createHash("md5").update(data).digest("hex"),
  os_hash_algo: "sha512",
  os_hash_value: createHash("sha512").update(data).digest("hex"),
});

function usual(cloud: FakeCloud): Handler {
  return async (request, response, seen) => {
    seen.body = await buffer(request);
    if (seen.path === "/identity/v3/auth/tokens") return issueToken(cloud, response);
    if (!cloud.tokens.has(String(seen.headers["x-auth-token"])))
      return sendHtml(response, 401, "Unauthorized", "This server could not verify that you are authorized");
    if (seen.path === "/v2/images") return images(cloud, response, seen);
    if (seen.path === "/v2/info/stores")
      return sendJson(response, 200, { stores: [{ id: "file", default: "true" }, { id: "r2" }] });
    const [, id = "", file] = /^\/v2\/images\/([^/]+)(\/file)?$/.exec(seen.path) ?? [];
    const image = cloud.images.get(decodeURIComponent(id));
    if (!image) return sendHtml(response, 404, "Not Found", `No image found with ID ${id}`);
    return file ? imageFile(cloud, response, seen, image) : oneImage(cloud, response, seen, image);
  };
}

function issueToken(cloud: FakeCloud, response: ServerResponse): void {
  const token = randomUUID();
  cloud.tokens.add(token);
  response.setHeader("x-subject-token", token);
  const endpoint = { interface: "public", region_id: "RegionOne", url: cloud.url };
  sendJson(response, 201, {
    token: {
      expires_at: "2999-01-01T00:00:00.000000Z",
      catalog: [{ type: "image", endpoints: [endpoint] }],
      project: { id: "82162e3886c94e31adb40bed37c9f2e7" },
    },
  });
}

function images(cloud: FakeCloud, response: ServerResponse, seen: Seen): void {
  if (seen.method === "POST") {
    const fields = JSON.parse(String(seen.body)) as Record<string, unknown>;
    sendJson(response, 201, addImage(cloud, fields));
    return;
  }
  const name = seen.query.get("name")?.replace(/^eq:/, "");
  const all = [...cloud.images.values()].filter((image) => name === undefined || image.name === name);
  const limit = Number(seen.query.get("limit"));
  const marker = seen.query.get("marker");
  const start = marker === null ? 0 : all.findIndex((image) => image.id === marker) + 1;
  const page = all.slice(start, start + limit);
  const last = page.length === limit ? page.at(-1) : undefined;
  sendJson(response, 200, {
    images: page,
    ...(last ? { next: `/v2/images?limit=${limit}&marker=${String(last.id)}` } : {}),
  });
}

function oneImage(
  cloud: FakeCloud,
  response: ServerResponse,
  seen: Seen,
  image: Record<string, unknown>,
): void {
  if (seen.method === "PATCH")
    for (const { op, path, value } of JSON.parse(String(seen.body)) as {
      op: string;
      path: string;
      value: unknown;
    }[])
      if (op === "remove") delete image[path.slice(1)];
      else image[path.slice(1)] = value;
  if (seen.method !== "DELETE") {
    sendJson(response, 200, image);
    return;
  }
  cloud.images.delete(String(image.id));
  response.writeHead(204).end();
}

function imageFile(
  cloud: FakeCloud,
  response: ServerResponse,
  seen: Seen,
  image: Record<string, unknown>,
): void {
  const id = String(image.id);
  if (seen.method === "PUT") {
    const data = seen.body ?? Buffer.alloc(0);
    cloud.data.set(id, data);
    Object.assign(image, described(data));
    response.writeHead(204).end();
    return;
  }
  const data = cloud.data.get(id);
  if (!data) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": data.byteLength });
  response.end(data);
}
