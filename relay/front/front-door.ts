import type { IncomingMessage } from "node:http";
import { ServiceError } from "../../src/domain/errors.ts";
import { type CorsRules, corsHeaders } from "../../src/http/cors.ts";
import { REQUEST_ID, refuseLongRequestId } from "../../src/http/request-id.ts";
import type { Door, Visit } from "../visits.ts";
import type { Address } from "./address.ts";
import { type DownloadOptions, download } from "./download.ts";
import { passThrough } from "./pass.ts";
import { refuse } from "./refusal.ts";
import { type UploadOptions, upload } from "./upload.ts";

export interface FrontOptions extends Omit<UploadOptions & DownloadOptions, "site"> {
  /** How the client of a request came. */
  readonly addressOf: (request: IncomingMessage) => Address;
  readonly cors: CorsRules;
  /** Whether this relay is about to end. */
  readonly leaving: () => boolean;
}

/** The whole Image API for a site: image data is moved here, everything else is the edge's to answer. */
export function frontDoor(options: FrontOptions): Door {
  return {
    name: "front",
    kindOf,
    headersFor: (header) => corsHeaders(options.cors, header),
    clientOf: ({ request }) => options.addressOf(request).client,
    async serve(visit) {
      allowOrigin(visit, options.cors);
      if (options.leaving() && visit.path === "/healthcheck")
        throw new ServiceError("unavailable", "This relay is about to end.");
      // As the edge would; what it says to the relay's own questions is not for the client.
      refuseLongRequestId(visit.request.headers[REQUEST_ID]?.toString());
      const here = { ...options, site: options.addressOf(visit.request).site };
      const image = imageOfData(visit) ?? "";
      const what = kindOf(visit);
      if (what === "upload") return upload(visit, image, here);
      if (what === "download") return download(visit, image, here);
      return passThrough(visit, here);
    },
    refuse: (visit, error) => refuse(visit, error, options.idleSeconds),
  };
}

/** Of the answers that are given here, refusals too; what the edge says of its own takes their place. */
function allowOrigin({ request, response }: Visit, cors: CorsRules): void {
  for (const [name, value] of Object.entries(corsHeaders(cors, (name) => request.headers[name]?.toString())))
    response.setHeader(name, value);
}

function kindOf(visit: Visit): "upload" | "download" | "metadata" {
  if (imageOfData(visit) === undefined) return "metadata";
  if (visit.method === "PUT") return "upload";
  return visit.method === "GET" && !hasBody(visit) ? "download" : "metadata";
}

const DATA = /^\/v2(?:\.\d+)?\/images\/([^/]+)\/file$/;

/** The image whose data the path names; undefined for any other path, and for one that is for the edge to refuse. */
function imageOfData({ path }: Visit): string | undefined {
  const named = DATA.exec(path)?.[1];
  if (named === undefined) return undefined;
  try {
    const image = decodeURIComponent(named);
    // Steps in the path, not the name of anything.
    return image === "." || image === ".." ? undefined : image;
  } catch {
    return undefined;
  }
}

/** A download has none, and the edge says so. */
const hasBody = ({ request: { headers } }: Visit): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
