import { expect, test } from "vitest";
import { bytesFrom, bytesOf, heldStream, streamOf } from "../../test/support/streams.ts";
import { S3Store, type S3StoreOptions } from "./s3.ts";
import { WORKERD } from "./workerd.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const KEY = "AKIAIOSFODNN7EXAMPLE";

type Answer = (url: URL, init: RequestInit) => Response | Promise<Response>;

const errorXml = (code: string) =>
  `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>of ${KEY}, secret ${SECRET}</Message></Error>`;
const refuses = (status: number, code: string, headers = {}) =>
  new Response(errorXml(code), { status, headers });
const absent = () => new Response(null, { status: 404 });

/** A store whose server answers as a test says, and what it was asked. */
function storeOn(answer: Answer, options: Partial<S3StoreOptions> = {}) {
  const asked: string[] = [];
  const store = new S3Store({
    id: "cold",
    platform: WORKERD,
    endpoint: "http://s3.invalid",
    bucket: "images",
    addressing: "path",
    region: "auto",
    accessKeyId: KEY,
    secretAccessKey: SECRET,
    partBytes: 5 * 1024 * 1024,
    thresholdBytes: 100 * 1024 * 1024,
    retryMilliseconds: 1,
    patienceSeconds: 2,
    fetch: async (url, init) => {
      asked.push(`${init.method} ${new URL(url).pathname}`);
      return answer(new URL(url), init);
    },
    ...options,
  });
  return { store, asked };
}

/** All that a rejection says to a caller. */
async function rejection(work: Promise<unknown>) {
  const error = (await work.then(
    () => {
      throw new Error("it succeeded");
    },
    (reason) => reason,
  )) as Error & { kind: string };
  return { kind: error.kind, message: error.message, cause: String(error.cause) };
}

const put = (store: S3Store, bytes = 3) => store.put("k", streamOf(bytesOf(bytes)), { size: bytes });

test.each([
  [404, "NoSuchBucket", "unavailable", "unavailable", "The bucket of the store cold is missing."],
  [403, "AccessDenied", "unavailable", "writeDenied", "does not allow this service what it asks"],
  [403, "InvalidAccessKeyId", "unavailable", "writeDenied", "does not accept this service's credentials"],
  [403, "SignatureDoesNotMatch", "unavailable", "writeDenied", "does not accept this service's credentials"],
  [400, "ExpiredToken", "unavailable", "writeDenied", "does not accept this service's credentials"],
  [403, "RequestTimeTooSkewed", "unavailable", "writeDenied", "clocks of this service and of the store cold"],
  [301, "PermanentRedirect", "unavailable", "unavailable", "in another region, or at another endpoint"],
  [400, "AuthorizationHeaderMalformed", "unavailable", "unavailable", "in another region"],
  [403, "QuotaExceeded", "full", "full", "The store cold has no room"],
  [507, "InsufficientCapacity", "full", "full", "has no room"],
  [400, "EntityTooLarge", "tooLarge", "tooLarge", "larger than the store cold takes"],
  [503, "SlowDown", "unavailable", "unavailable", "The store cold is asked too much at once"],
  [429, "TooManyRequests", "unavailable", "unavailable", "The store cold is asked too much at once"],
  [500, "InternalError", "unavailable", "unavailable", "The store cold does not answer as it should."],
  [418, "Teapot", "unavailable", "unavailable", "The store cold does not answer as it should."],
])(
  "%i %s is told for what it is, by the store's name and without a secret",
  async (status, code, reading, writing, says) => {
    const { store } = storeOn((_, { method }) => (method === "HEAD" ? absent() : refuses(status, code)), {
      patienceSeconds: 0,
    });
    const location = store.locationOf("k");
    const read = await rejection(store.get(location));
    const written = await rejection(put(store));
    expect([read.kind, written.kind]).toEqual([reading, writing]);
    for (const { message, cause } of [read, written]) {
      expect(message).toContain(says);
      expect(message).not.toMatch(/http|images|s3\.invalid|AKIA/);
      expect(message).not.toContain(SECRET);
      expect(cause).toContain(code);
    }
  },
);

test.each([
  [403, "SignatureDoesNotMatch", "The store cold does not accept this service's credentials."],
  [403, "RequestTimeTooSkewed", "The clocks of this service and of the store cold differ too much."],
  [400, "ExpiredToken", "The store cold does not accept this service's credentials."],
  [403, "AccessDenied", "The store cold does not allow this service what it asks."],
])("a HEAD that is refused with %i %s is told for what it is as well", async (status, code, says) => {
  const { store } = storeOn((_, { method }) =>
    method === "HEAD" ? new Response(null, { status }) : refuses(status, code),
  );
  for (const work of [() => put(store), () => store.stat(store.locationOf("k"))])
    expect((await rejection(work())).message).toBe(says);
});

test("a server that is away is another thing than one that answers oddly", async () => {
  const away = storeOn(() => Promise.reject(new TypeError("connect ECONNREFUSED 10.1.2.3:80")), {
    patienceSeconds: 0,
  });
  const odd = storeOn(() => new Response("<html>a proxy's page"), { patienceSeconds: 0 });
  const listing = ({ store }: typeof odd) => rejection(Array.fromAsync(store.list("")));
  expect([(await listing(away)).message, (await listing(odd)).message]).toEqual([
    "The store cold cannot be reached, or does not answer in time.",
    "The store cold does not answer as it should.",
  ]);
});

test("a throttled request is repeated when the server says, and the body goes again with it", async () => {
  const bodies: number[] = [];
  const times: number[] = [];
  const { store } = storeOn(async (_, { body, method }) => {
    if (method !== "PUT") return absent();
    times.push(Date.now());
    bodies.push((await new Response(body as BodyInit).arrayBuffer()).byteLength);
    if (bodies.length === 1) return refuses(503, "SlowDown", { "retry-after": "1" });
    return new Response(null, { status: 200 });
  });
  expect(await put(store)).toMatchObject({ size: 3 });
  expect(bodies).toEqual([3, 3]);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test("no more patience is had than there is, whatever the server asks for", async () => {
  const { store, asked } = storeOn(() => refuses(503, "SlowDown", { "retry-after": "3600" }));
  await expect(store.get(store.locationOf("k"))).rejects.toMatchObject({ kind: "unavailable" });
  expect(asked).toHaveLength(1);
});

test("a stream is never sent again", async () => {
  const { store, asked } = storeOn((_, { body, method }) => {
    if (method !== "PUT") return absent();
    void (body as ReadableStream).cancel();
    return refuses(503, "SlowDown");
  });
  const size = 6 * 1024 * 1024;
  await expect(put(store, size)).rejects.toMatchObject({ kind: "unavailable" });
  expect(asked.filter((request) => request === "PUT /images/k")).toHaveLength(1);
});

test("what was stored although the answer was lost is found by its mark", async () => {
  let mark: string | null = null;
  const { store } = storeOn((_, { headers, method }) => {
    if (method === "HEAD")
      return mark === null
        ? absent()
        : new Response(null, { headers: { "content-length": "3", "x-amz-meta-glimpse-attempt": mark } });
    mark = new Headers(headers).get("x-amz-meta-glimpse-attempt");
    throw new Error("connection reset by peer");
  });
  expect(await put(store)).toMatchObject({ size: 3 });
});

test("a part of a server that has gone deaf is given up, and the upload with it", async () => {
  const { store } = storeOn(
    (_, { method, signal }) =>
      method === "HEAD"
        ? absent()
        : new Promise<Response>((_resolve, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason));
          }),
    { answerSeconds: 0.1, idleSeconds: 0.1, patienceSeconds: 0 },
  );
  const held = heldStream(bytesOf(6 * 1024 * 1024), bytesOf(10));
  await expect(store.put("k", held.body, { size: 6 * 1024 * 1024 + 10 })).rejects.toMatchObject({
    kind: "unavailable",
  });
  await held.cancelled;
});

test.each([
  ["no length", {}],
  ["an empty length", { "content-length": "" }],
  ["a length that is no number", { "content-length": "many" }],
])("an object of which a server tells %s is not taken for an empty one", async (_what, headers) => {
  const { store } = storeOn((_, { method }) =>
    method === "HEAD" ? new Response(null, { headers } as ResponseInit) : absent(),
  );
  await expect(store.stat(store.locationOf("k"))).rejects.toMatchObject({
    kind: "unavailable",
    message: "The store cold does not answer as it should.",
  });
  await expect(put(store)).rejects.toMatchObject({ kind: "conflict" });
});

test("a server that ignores a range is read from the start", async () => {
  const { store } = storeOn(() => new Response(bytesOf(9), { headers: { "content-length": "9" } }));
  const { body, size } = await store.get(store.locationOf("k"), { start: 4, end: 6 });
  expect([size, await bytesFrom(body)]).toEqual([9, bytesOf(9).slice(4, 7)]);
});

test("whoever reads on is told which object it is", async () => {
  const { store } = storeOn((_, { headers }) =>
    new Headers(headers).has("range")
      ? new Response(bytesOf(1), {
          status: 206,
          headers: { "content-length": "1", "content-range": "bytes 8-8/9", etag: '"b"' },
        })
      : new Response(bytesOf(9), { headers: { "content-length": "9", etag: '"a"' } }),
  );
  const opened = [
    await store.get(store.locationOf("k")),
    await store.get(store.locationOf("k"), { start: 8 }),
  ];
  expect(opened.map(({ version }) => version)).toEqual(['"a"', '"b"']);
  for (const { body } of opened) await body.cancel();
});

test.each([
  ["another range", { "content-range": "bytes 0-2/9" }],
  ["no range", {}],
  ["more than it has", { "content-range": "bytes 4-6/9", "content-length": "4" }],
])("an answer of %s is none", async (_what, headers) => {
  const { store } = storeOn(
    () =>
      new Response(bytesOf(3), {
        status: 206,
        headers: { "content-length": "3", ...headers } as HeadersInit,
      }),
    { patienceSeconds: 0 },
  );
  const read = store.get(store.locationOf("k"), { start: 4, end: 6 });
  await expect(read).rejects.toMatchObject({ kind: expect.stringMatching(/unavailable|badRange/) });
});

test("a server that knows no conditions is asked without them, and afterwards whose the object is", async () => {
  let stored: Headers | undefined;
  const { store, asked } = storeOn(
    (_, { headers, method }) => {
      if (method === "HEAD") return stored ? new Response(null, { headers: stored }) : absent();
      if (new Headers(headers).has("if-none-match")) return refuses(501, "NotImplemented");
      stored = new Headers(headers);
      return new Response(null);
    },
    { bucket: "unconditional" },
  );
  expect(await put(store)).toMatchObject({ size: 3 });
  expect(asked.slice(-3)).toEqual(["PUT /unconditional/k", "PUT /unconditional/k", "HEAD /unconditional/k"]);
});

test("the bucket is made on first use where that is allowed, and else never", async () => {
  const made: (string | null)[] = [];
  const answer: Answer = async (url, { body, method }) => {
    if (method === "PUT" && url.pathname === "/fresh") made.push(body ? String(body) : null);
    return method === "HEAD" ? absent() : new Response(null);
  };
  await put(storeOn(answer, { bucket: "fresh" }).store);
  expect(made).toEqual([]);
  const allowed = { bucket: "fresh", region: "eu-west-1", createBucket: true };
  await put(storeOn(answer, allowed).store);
  await put(storeOn(answer, allowed).store);
  expect(made).toEqual([expect.stringContaining("<LocationConstraint>eu-west-1<")]);
});

test("a bucket that is yet to be made has no key, and one that was taken away is missing", async () => {
  const answer: Answer = (_, { method }) => (method === "HEAD" ? absent() : refuses(404, "NoSuchBucket"));
  const { store } = storeOn(answer, { createBucket: true });
  await expect(store.stat(store.locationOf("k"))).rejects.toMatchObject({ kind: "notFound" });
  await expect(storeOn(answer).store.stat("s3://s3.invalid/images/k")).rejects.toMatchObject({
    kind: "unavailable",
  });
});

const page = (root: string, ...children: string[]) => new Response(`<${root}>${children.join("")}</${root}>`);
const MORE = "<IsTruncated>true</IsTruncated>";

test.each([
  ["the same token again", "<NextContinuationToken>t</NextContinuationToken>", 2],
  ["no token", "", 1],
])("a listing that is truncated and gives %s is given up", async (_, token, requests) => {
  const { asked, store } = storeOn(() => {
    if (asked.length > 5) throw new Error("asked again and again");
    return page("ListBucketResult", MORE, token, "<Contents><Key>a</Key></Contents>");
  });
  const { cause, message } = await rejection(Array.fromAsync(store.list("")));
  expect([message, cause]).toEqual([
    expect.stringMatching(/^The store cold/),
    expect.stringContaining("listing does not go on"),
  ]);
  expect(asked).toHaveLength(requests);
});

test("a deletion ends where the server lists the same uploads again and again", async () => {
  const upload = "<Upload><Key>k</Key><UploadId>u</UploadId></Upload>";
  const marker = "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>";
  const { asked, store } = storeOn((_, { method }) => {
    if (asked.length > 9) throw new Error("asked again and again");
    return method === "DELETE"
      ? new Response(null, { status: 204 })
      : page("ListMultipartUploadsResult", MORE, marker, upload);
  });
  expect((await rejection(store.delete(store.locationOf("k")))).message).toMatch(/^The store cold/);
  expect(asked.map((request) => request.split(" ")[0])).toEqual(["DELETE", "GET", "GET"]);
});

test("a deletion drops the uploads of its key on every page", async () => {
  const dropped: (string | null)[] = [];
  const { store } = storeOn((url, { method }) => {
    if (method === "DELETE") {
      dropped.push(url.searchParams.get("uploadId"));
      return new Response(null, { status: 204 });
    }
    const at = url.searchParams.get("upload-id-marker");
    const upload = (key: string, id: string) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`;
    return at === null
      ? page(
          "ListMultipartUploadsResult",
          MORE,
          "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker>",
          upload("k", "1"),
        )
      : page("ListMultipartUploadsResult", upload("k", "2"), upload("kk", "3"));
  });
  await store.delete(store.locationOf("k"));
  expect(dropped).toEqual([null, "1", "2"]);
});

test("keys of others' that are none of ours are not listed, however they are written", async () => {
  const keys = ["a%2Fb", "a+b", "%zz", "good", "a&amp;b"];
  const { store } = storeOn(
    () =>
      new Response(
        `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>` +
          `${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
      ),
  );
  expect(await Array.fromAsync(store.list(""))).toEqual(["good"]);
});
