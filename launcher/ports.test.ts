import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, LOOPBACK, requireFreePort } from "./ports.ts";

test("a free port is below those that connections are given as their own end", async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  for (const port of ports) expect(port).toBeLessThan(32_768);
  await requireFreePort(LOOPBACK, ports[0] ?? 0);
});

test("a port that is taken is said to be, after a while in which whoever had it may let go of it", async () => {
  const port = await freePort();
  const server = createServer().listen(port, LOOPBACK);
  await once(server, "listening");
  await expect(requireFreePort(LOOPBACK, port, 2)).rejects.toThrow(
    `Something else listens on 127.0.0.1:${port}.`,
  );
  server.close();
  await requireFreePort(LOOPBACK, port);
});
