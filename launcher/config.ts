import { optionsOf, refuse, settingsFrom } from "./command-line.ts";
import { secretsFile, varsFile } from "./deployment.ts";
import { keptSecrets } from "./secrets.ts";
import { Unusable } from "./unusable.ts";

const USAGE = `Usage: npm run -s glimpse-config -- [options]

Prints what the worker is told on Cloudflare, from the same settings as npm start: the [vars] of wrangler.toml, and the
names of its secrets.

  --config FILE       settings (glimpse.example.toml explains each); GLIMPSE_CONFIG
  --data-dir FOLDER   where everything is kept (./glimpse-data); GLIMPSE_DATA_DIR
  --secrets           print the secrets of the data directory instead, for wrangler deploy --secrets-file
  --help
`;

const values = optionsOf(
  { config: { type: "string" }, "data-dir": { type: "string" }, secrets: { type: "boolean" } },
  USAGE,
);
const { GLIMPSE_CONFIG, GLIMPSE_DATA_DIR, GLIMPSE_KEYSTONE_SECRET } = process.env;
const settings = settingsFrom({
  config: values.config ?? GLIMPSE_CONFIG,
  dataDir: values["data-dir"] ?? GLIMPSE_DATA_DIR,
  keystoneSecret: GLIMPSE_KEYSTONE_SECRET,
  environment: process.env,
});
try {
  const text = values.secrets
    ? secretsFile(settings, keptSecrets(settings.server.data_dir))
    : varsFile(settings);
  process.stdout.write(text);
} catch (error) {
  if (error instanceof Unusable) refuse(1, error.message, error.todo);
  throw error;
}
