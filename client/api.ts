import createClient, { defaultPathSerializer } from "openapi-fetch";
import { BYTES_TYPE, type Calls, JSON_TYPE } from "./calls.ts";
import { ClientError } from "./errors.ts";
import type { components, paths } from "./generated/api.ts";
import { type Bytes, type HttpResponse, isBytes, streamOf, textOf } from "./transport.ts";

/** The calls of the API by their paths, typed by the OpenAPI document: `api.GET("/v2/images/{image_id}", …)`. */
export type Api = Calls;

/** What the API says and takes, by the names of the document: `Schemas["Image"]`. */
export type Schemas = components["schemas"];

/** A request that knows what it asks, and not yet where. */
export interface ServiceRequest {
  readonly method: string;
  /** As the document has it: with its version, or with `/identity`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Bytes | undefined;
}

/** The typed client over whatever sends a request. It resolves with successes alone: `send` rejects the others. */
export function apiOver(send: (request: ServiceRequest) => Promise<HttpResponse>): Api {
  const client = createClient<paths>({
    // A body is JSON unless its call says otherwise.
    headers: { accept: JSON_TYPE },
    Request: PendingRequest as unknown as typeof Request,
    fetch: async (request) => responseOf(await send(request as unknown as PendingRequest)),
    bodySerializer: (body) => (isBytes(body) ? body : JSON.stringify(body)),
    // Additional properties are filters of a list as attributes are (spec/images.md): `os_distro=debian`.
    querySerializer: { object: { style: "form", explode: true } },
    pathSerializer: (path, values) => {
      // Its path would be another one's.
      for (const [name, value] of Object.entries(values))
        if (value === "") throw new ClientError(`The ${name.replaceAll("_", " ")} is empty.`);
      return defaultPathSerializer(path, values);
    },
  });
  // It takes and gives the same, and has no words for all that is known of it.
  return client as unknown as Api;
}

/**
 * Stands in for the platform's Request, which wants to know the host, and takes a stream that can be read but once: a
 * request is sent again after its token was renewed.
 */
class PendingRequest implements ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Bytes | undefined;

  constructor(path: string, init: { method: string; headers: Headers; body: string | Bytes | undefined }) {
    this.method = init.method;
    this.path = path;
    this.body = init.body;
    this.headers = {
      ...Object.fromEntries(init.headers),
      ...(isBytes(init.body) ? { "content-type": BYTES_TYPE } : {}),
    };
  }
}

const WITHOUT_BODY = new Set([204, 205, 304]);

async function responseOf({ status, headers, body }: HttpResponse): Promise<Response> {
  if (!WITHOUT_BODY.has(status) && headers.get("content-length") !== "0")
    return new Response(streamOf(body), { status, headers });
  // Read to its end, which is where it is: the connection is free again then.
  await textOf({ body });
  return new Response(null, { status, headers });
}

/** What a call was answered with. Rejects what is no JSON, as a proxy's page would be. */
export async function dataOf<D>(call: Promise<{ readonly data?: D }>): Promise<Present<D>> {
  let data: D | undefined;
  try {
    ({ data } = await call);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ClientError("The service answered with something that is not JSON.", { cause: error });
  }
  if (data === undefined || data === null) throw new ClientError("The service's answer has no body.");
  return data as Present<D>;
}

/** Of what is never answered there is nothing to be had, which would pass for anything. */
type Present<D> = [D] extends [never] ? undefined : NonNullable<D>;
