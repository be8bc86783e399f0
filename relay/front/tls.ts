import { readFileSync } from "node:fs";
import type { Server, ServerOptions } from "node:https";
import type { Logger } from "pino";

export interface TlsFiles {
  /** The certificate and its chain, PEM. */
  readonly cert: string;
  readonly key: string;
}

/** The options of an HTTPS server, read from the files. */
export const tlsOptions = ({ cert, key }: TlsFiles): ServerOptions => ({
  cert: readFileSync(cert),
  key: readFileSync(key),
  minVersion: "TLSv1.2",
});

/**
 * On SIGHUP, loads a renewed certificate for new connections. A bad pair is logged, and the old one stays. The returned
 * function ends this.
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
