import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { bytesOf } from "../../../test/support/streams.ts";
import { MessageReader, sendMessage } from "./wire.ts";

/** What goes over the wire for these messages. */
async function sent(messages: readonly { head: object; bytes?: Uint8Array }[]): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect(port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  for (const { head, bytes } of messages) sendMessage(client, head, bytes);
  client.end();
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  server.close();
  return Buffer.concat(chunks);
}

const messages = [
  { head: { a: 1 }, bytes: bytesOf(70_000) },
  { head: { text: "zürich" } },
  { head: {}, bytes: bytesOf(1, 2) },
  { head: { last: true }, bytes: new Uint8Array() },
];

test.each([1, 3, 7, 8, 9, 1000, 65_536, 1_000_000])(
  "messages arrive whole in pieces of %d",
  async (piece) => {
    const wire = await sent(messages);
    const reader = new MessageReader<object>();
    const heard = [];
    for (let at = 0; at < wire.byteLength; at += piece)
      for (const { head, bytes } of reader.push(wire.subarray(at, at + piece)))
        heard.push({ head, bytes: Buffer.from(bytes) });
    expect(heard).toEqual(
      messages.map(({ head, bytes = new Uint8Array() }) => ({ head, bytes: Buffer.from(bytes) })),
    );
  },
);

test("bytes of shared memory go over it as others do", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(100_000));
  shared.set(bytesOf(100_000));
  const reader = new MessageReader<object>();
  const [message] = [...reader.push(await sent([{ head: {}, bytes: shared }]))];
  expect(Buffer.compare(message?.bytes ?? Buffer.alloc(0), bytesOf(100_000))).toBe(0);
});
