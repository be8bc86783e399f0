import { optionsOf, refuse, settingsFrom } from "./command-line.ts";
import { Glimpse } from "./glimpse.ts";
import { Unusable } from "./unusable.ts";

const USAGE = `Usage: npm start -- [options]

  --config FILE          settings (glimpse.example.toml explains each); GLIMPSE_CONFIG
  --host ADDRESS         where to listen (127.0.0.1); GLIMPSE_HOST
  --port PORT            (9292); GLIMPSE_PORT
  --data-dir FOLDER      where everything is kept (./glimpse-data); GLIMPSE_DATA_DIR
  --log-level LEVEL      debug, info, warn or error (info); GLIMPSE_LOG_LEVEL
  --rotate-signing-key   end every token that was ever given out
  --help

Secrets that no file has: GLIMPSE_KEYSTONE_SECRET; of the store my-s3 GLIMPSE_STORE_SECRET_MY_S3 and
GLIMPSE_STORE_SESSION_TOKEN_MY_S3.
`;

const OWNER_ALONE = 0o077;

/**
 * `npm start` sets these so that the launcher returns the 200 MiB that it needs only while starting: after that it
 * mostly waits. The programs it starts allocate large buffers all the time and are faster when they keep them.
 */
const FOR_THIS_PROCESS_ALONE = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];

const values = optionsOf(
  {
    config: { type: "string" },
    host: { type: "string" },
    port: { type: "string" },
    "data-dir": { type: "string" },
    "log-level": { type: "string" },
    "rotate-signing-key": { type: "boolean" },
  },
  USAGE,
);
for (const name of FOR_THIS_PROCESS_ALONE) delete process.env[name];
// Everything that the launcher and the worker write is readable by the owner alone: the catalogue has password hashes.
process.umask(OWNER_ALONE);
const env = process.env;
const settings = settingsFrom({
  config: values.config ?? env.GLIMPSE_CONFIG,
  host: values.host ?? env.GLIMPSE_HOST,
  port: values.port ?? env.GLIMPSE_PORT,
  dataDir: values["data-dir"] ?? env.GLIMPSE_DATA_DIR,
  logLevel: values["log-level"] ?? env.GLIMPSE_LOG_LEVEL,
  keystoneSecret: env.GLIMPSE_KEYSTONE_SECRET,
  environment: env,
});
const glimpse = new Glimpse(settings, {
  rotateSigningKey: values["rotate-signing-key"] ?? false,
  checkpointUrl: process.env.GLIMPSE_CHECKPOINT_URL,
});

let ending: Promise<void> | undefined;

async function end(): Promise<void> {
  process.stderr.write("Stopping.\n");
  await glimpse.stop();
  process.exit(0);
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    ending ??= end();
  });

try {
  const { url, openrc } = await glimpse.start();
  process.stdout.write(
    `Glimpse listens on ${url}\n` +
      `Data: ${settings.server.data_dir}\n` +
      (openrc === undefined
        ? "To use it:  the openrc file of your cloud, whose catalogue has to name this address\n"
        : `To use it:  . ${openrc}\n` +
          `            ${settings.identity.mode === "none" ? "openstack image list" : "glance image-list"}\n`),
  );
} catch (error) {
  // A start that is being ended may fail for that reason alone.
  await ending;
  await glimpse.stop();
  if (error instanceof Unusable) refuse(1, error.message, error.todo);
  throw error;
}
