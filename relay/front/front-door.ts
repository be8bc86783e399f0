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
  /** The address by which a request came, and the client's own. */
  readonly addressOf: (request: IncomingMessage) => Address;
  readonly cors: CorsRules;
  /** Whether this relay is shutting down. */
  readonly leaving: () => boolean;
}

/** The whole Image API for a site: image data is handled here, the edge answers everything else. */
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
      // As the edge would refuse it; the edge's refusal of the relay's own request would not suit the client.
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

/** For the answers given here, refusals included. Where the edge answers, its own headers replace these. */
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

/** The image whose data the path names. Undefined for any other path, and for one that the edge must refuse. */
function imageOfData({ path }: Visit): string | undefined {
  const named = DATA.exec(path)?.[1];
  if (named === undefined) return undefined;
  try {
    const image = decodeURIComponent(named);
    // These are path steps, not names.
    return image === "." || image === ".." ? undefined : image;
  } catch {
    return undefined;
  }
}

/** A download has no body; if one comes, the edge refuses it. */
const hasBody = ({ request: { headers } }: Visit): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
