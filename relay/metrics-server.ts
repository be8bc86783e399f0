import type { ServerResponse } from "node:http";
import { answerJson } from "./door/answer.ts";
import { HTTP, type Listening, listen } from "./listen.ts";
import type { Metrics } from "./metrics.ts";
import { createServer } from "./node-http.ts";

export interface MetricsServer extends Listening {
  close(): Promise<void>;
}

/** `/metrics` for Prometheus and a `/healthcheck` of this relay alone, on a port that clients do not see. */
export async function startMetricsServer(
  at: { readonly host: string; readonly port: number },
  metrics: Metrics,
  leaving: () => boolean,
): Promise<MetricsServer> {
  const server = createServer(HTTP, (request, response) => {
    const path = request.url?.split("?")[0];
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead) return answerJson(response, 405, { message: "There is only GET here." });
    if (path === "/metrics") return void answerMetrics(response, metrics);
    if (path === "/healthcheck")
      return leaving()
        ? answerJson(response, 503, { status: "leaving" })
        : answerJson(response, 200, { status: "ok" });
    return answerJson(response, 404, { message: "There are /metrics and /healthcheck here." });
  });
  const listening = await listen(server, at);
  return {
    ...listening,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerMetrics(response: ServerResponse, { registry }: Metrics): Promise<void> {
  try {
    const text = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
  } catch {
    response.destroy();
  }
}
