/** Says which generated pages are stale; with `--write` they are made anew. */
import "./image-status.ts";
import "./compat.ts";
