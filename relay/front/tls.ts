import { readFileSync } from "node:fs";
import type { Server, ServerOptions } from "node:https";
import type { Logger } from "pino";

export interface TlsFiles {
  /** The certificate with those that lead to its root, PEM. */
  readonly cert: string;
  readonly key: string;
}

/** What an HTTPS server needs of the files. */
export const tlsOptions = ({ cert, key }: TlsFiles): ServerOptions => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  minVersion: "TLSv1.2",
});

/**
 * Takes a renewed certificate on SIGHUP, for connections that come from then on. A pair that is not good is logged, and
 * the old one stays. The answer ends this.
 */
export function reloadOnHangup(server: Server, files: TlsFiles, log: Logger): () => void {
  const reload = () => {
    try {
      server.setSecureContext(tlsOptions(files));
      log.info("the certificate was read anew");
    } catch (error) {
      log.error({ err: error }, "the certificate cannot be read anew; the old one stays");
    }
  };
  process.on("SIGHUP", reload);
  return () => void process.off("SIGHUP", reload);
}
