import { Hono } from "hono";
import type { z } from "zod";
import { FOR_CLIENT, PART_BYTES } from "../../protocol/control.ts";
import { payloadMatches, UNSIGNED_PAYLOAD } from "../../protocol/signing.ts";
import { beginRelayUpload } from "../actions/begin-relay-upload.ts";
import { planDownload } from "../actions/download-image.ts";
import { extendUpload } from "../actions/extend-upload.ts";
import { scopeOf } from "../actions/scope.ts";
import { sweep } from "../actions/sweep.ts";
import { uploadPart } from "../actions/upload-part.ts";
import { authenticate } from "../auth/authenticate.ts";
import { relayRequest } from "../auth/relay-request.ts";
import { type Refusal, ServiceError } from "../domain/errors.ts";
import type { Allowed } from "../durable/allowances.ts";
import { ask, coordinatorOf } from "../durable/coordinator-of.ts";
import { isCarriedBy } from "../env.ts";
import type { AppContext, AppTypes } from "../http/app-types.ts";
import { readBounded } from "../http/json-body.ts";
import { bytesHead, emptyResponse, wantedDownload, wantedUpload } from "./image-data-headers.ts";
import { abort, begin, boot, completion, extension, heartbeat } from "./relay-requests.ts";

/** A relay's requests for its clients, in the shapes of protocol/control.ts. */
export const relayControl = new Hono<AppTypes>().basePath("/relay/v1");

const IMAGE = "/images/:image_id";
const TRANSFER = `${IMAGE}/transfers/:lease`;

relayControl.use(async (c, next) => {
  c.set("asking", await relayRequest(c.env, c.var.config, c.req.raw));
  await next();
});

relayControl.post("/boots", async (c) => {
  const { id: bootId, startedAt: bootedAt } = await signedBody(c, boot);
  await sweep(c.env, { id: c.var.asking.relay.id, bootId, bootedAt });
  return c.body(null, 204);
});

// Once a relay is authenticated, every answer to it is meant for its client, except permissions and the refusal of a
// replay.
relayControl.use(async (c, next) => {
  await next();
  const isPermission = c.res.status === 200 || c.res.status === 201;
  const isReplayed = c.error instanceof ServiceError && c.error.kind === "replayed";
  if (c.var.forClient && !isPermission && !isReplayed) c.res.headers.set(FOR_CLIENT, "1");
});

relayControl.post(`${IMAGE}/uploads`, async (c) => {
  const { boot: life, headers, ...about } = await signedBody(c, begin);
  const { nonce, relay } = c.var.asking;
  c.set("forClient", true);
  c.set("caller", await authenticate(c));
  const upload = wantedUpload(c.req.param("image_id"), (name) => headers[name]);
  const asking = { id: relay.id, bootId: life.id, bootedAt: life.startedAt, nonce, ...about };
  return c.json(await beginRelayUpload(scopeOf(c), upload, asking), 201);
});

relayControl.get(`${IMAGE}/file`, async (c) => {
  if (!(await payloadMatches(c.var.asking.payload, new Uint8Array()))) throw notWhatWasSigned();
  c.set("forClient", true);
  c.set("caller", await authenticate(c));
  const plan = await planDownload(scopeOf(c), wantedDownload(c, c.req.param("image_id")));
  if (plan.kind !== "bytes") return emptyResponse(plan);
  const { image, size, range, locations } = plan;
  const { osHashAlgo: algo, osHashValue: value } = image;
  return c.json({
    ...bytesHead(plan),
    size,
    ...(range ? { range } : {}),
    ...(algo && value ? { hash: { algo, value } } : {}),
    locations: locations.filter(({ store }) => isOwnStore(c, store)),
  });
});

relayControl.put(`${TRANSFER}/parts/:number`, async (c) => {
  const { asking } = c.var;
  if (asking.payload !== UNSIGNED_PAYLOAD) throw notWhatWasSigned();
  const bytes = Number(c.req.query(PART_BYTES));
  if (c.req.header("content-length") !== String(bytes)) throw notWhatWasSigned();
  await spend(c);
  await uploadPart(scopeOf(c), {
    imageId: c.req.param("image_id"),
    lease: c.req.param("lease"),
    relay: asking.relay.id,
    number: Number(c.req.param("number")),
    bytes,
    body: c.req.raw.body,
  });
  return c.body(null, 204);
});

relayControl.post(`${TRANSFER}/heartbeat`, async (c) => {
  await spendingBody(c, heartbeat);
  return answer(c, (image, lease, relay) => image.heartbeat(lease, relay));
});

relayControl.post(`${TRANSFER}/extend`, async (c) => {
  const { bytes } = await spendingBody(c, extension);
  const { image_id: imageId, lease } = c.req.param();
  const asked = { imageId, lease, relay: c.var.asking.relay.id, bytes };
  const allowed = await ask<Allowed | Refusal>(async () => extendUpload(scopeOf(c), asked));
  if (!allowed.ok) throw new ServiceError(allowed.kind, allowed.message);
  return c.json({ grantedBytes: allowed.grantedBytes });
});

relayControl.post(`${TRANSFER}/complete`, async (c) => {
  const written = await signedBody(c, completion);
  const cap = c.var.config.limits.imageSizeCapBytes;
  c.set("forClient", true);
  if (written.size > cap)
    throw new ServiceError("tooLarge", `This service keeps images of up to ${cap} bytes.`);
  return answer(c, (image, lease, relay) => image.completeRelayed(lease, relay, written, c.var.asking.nonce));
});

relayControl.post(`${TRANSFER}/abort`, async (c) => {
  const { keyTaken } = await spendingBody(c, abort);
  return answer(c, (image, lease, by) => image.abort(lease, { keyTaken, by }));
});

type Stub = ReturnType<typeof coordinatorOf>;

async function answer(
  c: AppContext,
  question: (image: Stub, lease: string, relay: string) => Promise<{ ok: true } | Refusal>,
): Promise<Response> {
  const { image_id: imageId = "", lease = "" } = c.req.param() as Record<string, string>;
  const verdict = await ask(async () =>
    question(coordinatorOf(c.env, imageId), lease, c.var.asking.relay.id),
  );
  if (!verdict.ok) throw new ServiceError(verdict.kind, verdict.message);
  return c.body(null, 204);
}

const isOwnStore = (c: AppContext, id: string): boolean =>
  c.var.config.stores.some((store) => store.id === id && isCarriedBy(store, c.var.asking.relay.id));

/** The body, if it is the one that was signed. Spends the nonce. */
async function spendingBody<T>(c: AppContext, shape: z.ZodType<T>): Promise<T> {
  const body = await signedBody(c, shape);
  await spend(c);
  return body;
}

/** From here on it is certain that the request was not heard before. */
async function spend(c: AppContext): Promise<void> {
  await c.var.asking.spend(c.req.param("image_id") ?? "");
  c.set("forClient", true);
}

async function signedBody<T>(c: AppContext, shape: z.ZodType<T>): Promise<T> {
  const bytes = await readBounded(c.req.raw);
  if (!(await payloadMatches(c.var.asking.payload, bytes))) throw notWhatWasSigned();
  const parsed = shape.safeParse(bytes.byteLength === 0 ? {} : jsonOf(bytes));
  if (!parsed.success)
    throw new ServiceError("invalid", "The relay's request is not one that this edge knows.");
  return parsed.data;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

const notWhatWasSigned = () =>
  new ServiceError("unauthorized", "The request's body is not the one that was signed.");
