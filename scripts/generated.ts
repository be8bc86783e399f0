/** Says which generated pages and documents are stale; with `--write` they are made anew. */
import "./image-status.ts";
import "./compat.ts";
import "./openapi.ts";
