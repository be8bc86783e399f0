import { dirname } from "node:path";
import { Writable } from "node:stream";
import { checkpointTo } from "../../relay/checkpoint.ts";
import { FileStore } from "../../relay/drivers/file.ts";
import { HashThreads } from "../../relay/hashing/hash-threads.ts";

/** Prints the bytes at a `file:` location that Glance wrote, which no API takes, as our reader finds them. */
const [location = ""] = process.argv.slice(2);
const dir = dirname(location.replace(/^file:\/\//, ""));
const threads = new HashThreads();
const store = await FileStore.open({ dir, threads, checkpoint: checkpointTo(undefined), onlyRead: true });
const { body } = await store.get(location);
await body.pipeTo(Writable.toWeb(process.stdout) as WritableStream<Uint8Array>);
await threads.stop();
