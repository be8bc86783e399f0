import { unreachable } from "./errors.ts";

/** Bytes that can be opened to be sent, and when they are `replayable` again when the token has turned out to be old. */
export interface BodySource {
  open(): AsyncIterable<Uint8Array>;
  readonly replayable: boolean;
}

/** Data of an image, to send. A browser's files are blobs. */
export type Bytes = Blob | BodySource;

export const isBytes = (body: unknown): body is Bytes =>
  body instanceof Blob ||
  (typeof body === "object" && body !== null && "open" in body && typeof body.open === "function");

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Blob | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  /** Rejects when the connection ends before the body does. Read once. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends one request and resolves when the answer's headers are there, also while the request's body is still going
 * out. Redirects are not followed: a token belongs to the host it was sent to. Rejects `ClientError` without a status
 * when no answer comes, and the signal's reason when it aborts.
 */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/** The platform's fetch. Programs in Node that upload take `node-transport.ts`, which also reads early refusals. */
export const fetchTransport: Transport = async (request) => {
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
      signal: request.signal ?? null,
      ...bodyInit(request.body),
    });
    return {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
      body: bytesOf(response, request),
    };
  } catch (error) {
    throw unreachable(request, error);
  }
};

/** The whole body as text. */
export async function textOf(response: Pick<HttpResponse, "body">): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** Bytes as the platform's classes take them: read as they are wanted, and given up when they are not. */
export function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    // Nothing is read ahead: a generator cannot be given up while it waits for what nobody will read.
    { highWaterMark: 0 },
  );
}

/** A streaming body needs `duplex`, which the platform's types do not know yet. */
function bodyInit(body: HttpRequest["body"]): RequestInit {
  if (body === undefined || typeof body === "string" || body instanceof Blob) return { body: body ?? null };
  return { body: streamOf(body), duplex: "half" } as RequestInit;
}

async function* bytesOf(response: Response, request: HttpRequest): AsyncIterable<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } catch (error) {
    throw unreachable(request, error);
  } finally {
    if (!finished) await reader.cancel().catch(() => undefined);
  }
}
