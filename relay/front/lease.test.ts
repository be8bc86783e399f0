import { afterEach, beforeEach, expect, test } from "vitest";
import { TEST_KEY } from "../../test/support/relay.node.ts";
import { json, StubEdge } from "../../test/support/stub-edge.node.ts";
import { Edge } from "./edge.ts";
import { HeldLease } from "./lease.ts";

let stub: StubEdge;
let edge: Edge;

beforeEach(async () => {
  stub = await StubEdge.start();
  edge = new Edge({ url: stub.url, key: TEST_KEY, boot: { id: "life", startedAt: 1 }, connections: 10 });
});

afterEach(async () => {
  await edge.close();
  await stub.stop();
});

test("more room is asked for again when the answer broke off in the middle, and the upload goes on", async () => {
  const extend = "POST /relay/v1/images/x/transfers/l/extend";
  stub.on(extend, (request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    response.write('{"grantedBytes":', () => response.destroy());
    stub.on(extend, json(200, { grantedBytes: 100 }));
  });
  const grant = {
    ...({ how: "parts", partBytes: 10, maxParts: 100, maxBytes: 1000, hashAlgo: "sha512" } as const),
    ...{ lease: "l", leaseSeconds: 60, heartbeatSeconds: 60, stallSeconds: 60, grantedBytes: 10 },
  };
  using lease = new HeldLease({ edge, image: "x", grant, headers: {} });
  await lease.admit(20);
  expect(lease.lost).toBeUndefined();
  expect(stub.asked.slice(0, 2)).toEqual([extend, extend]);
});
