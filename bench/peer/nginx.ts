/** A plain web server beside the product, for what a download could be at best: Debian's nginx, on the very same files. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../launcher/ports.ts";
import { Running } from "../running.ts";

const settingsOf = (dir: string, port: number, root: string) => `
daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 2;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events {}
http {
  access_log off;
  sendfile on;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  server {
    listen 127.0.0.1:${port};
    root ${root};
  }
}
`;

/** One that serves a folder. */
export class Nginx extends Running {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(url: string, child: ChildProcess, dir: string) {
    super();
    this.url = url;
    this.#child = child;
    this.#dir = dir;
  }

  /** Serves the files of that folder. Resolves when it answers. */
  static async start(parent: string, root: string): Promise<Nginx> {
    const dir = mkdtempSync(join(parent, "glimpse-bench-nginx-"));
    const port = await freePort();
    const settings = join(dir, "nginx.conf");
    writeFileSync(settings, settingsOf(dir, port, root));
    const child = spawn("nginx", ["-p", dir, "-c", settings], { stdio: "ignore" });
    const nginx = new Nginx(`http://127.0.0.1:${port}`, child, dir);
    return nginx.started(nginx.#answers());
  }

  async #answers(): Promise<void> {
    const failed = once(this.#child, "exit").then(() => Promise.reject(new Error("nginx does not start")));
    failed.catch(() => {});
    for (;;) {
      const answered = fetch(this.url).then(
        () => true,
        () => false,
      );
      if (await Promise.race([answered, failed])) return;
    }
  }

  protected override async end(): Promise<void> {
    // Where there is no such program there is no process to end.
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      this.#child.kill();
      await once(this.#child, "exit");
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
