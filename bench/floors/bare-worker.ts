/**
 * A worker that does one thing a request, named by its path, and nothing for anybody: what each of them takes is what workerd
 * and Miniflare take for it. bare-workerd.ts serves it.
 */
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly DB: D1Database;
  readonly OBJECTS: DurableObjectNamespace<BareObject>;
}

const TABLE = "CREATE TABLE rows (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)";
const READ = "SELECT n FROM rows WHERE id = 1";
const WRITE = "INSERT INTO rows VALUES (1, 1) ON CONFLICT DO UPDATE SET n = n + 1";
const OTHER_WRITE = "INSERT INTO rows VALUES (2, 1) ON CONFLICT DO UPDATE SET n = n + 1";

/** Twenty rows, each an image with all that belongs to it. */
const PAGE_TABLE = "CREATE TABLE page (id INTEGER PRIMARY KEY, image TEXT NOT NULL)";
const FILL_PAGE = "INSERT INTO page SELECT key, value FROM json_each(?)";
const READ_PAGE = "SELECT image FROM page ORDER BY id";

/** As much as an image with some tags and properties, and a page of them. */
const image = { id: "x".repeat(1000) };
const images = Array<typeof image>(20).fill(image);
const TEXTS: Record<string, string> = {
  image: JSON.stringify(image),
  images: JSON.stringify({ images }),
};

const NEVER_MILLISECONDS = 24 * 3600 * 1000;

export class BareObject extends DurableObject<Env> {
  answer(): void {}

  make(): void {
    this.ctx.storage.sql.exec(TABLE);
    this.write();
  }

  read(): unknown {
    return this.ctx.storage.sql.exec(READ).toArray();
  }

  write(): void {
    this.ctx.storage.sql.exec(WRITE);
  }

  makePage(): void {
    this.ctx.storage.sql.exec(PAGE_TABLE);
    this.ctx.storage.sql.exec(FILL_PAGE, JSON.stringify(images.map((each) => JSON.stringify(each))));
  }

  page(): unknown {
    return {
      images: this.ctx.storage.sql
        .exec(READ_PAGE)
        .toArray()
        .map((row) => JSON.parse(String(row.image))),
    };
  }

  async makeWithAlarm(): Promise<void> {
    this.make();
    await this.ctx.storage.setAlarm(Date.now() + NEVER_MILLISECONDS);
  }

  /** Never called: each is deleted before its time. */
  override alarm(): void {}

  async empty(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }
}

type Work = (env: Env, name: string) => Promise<unknown>;

const there = ({ OBJECTS }: Env, name: string) => OBJECTS.get(OBJECTS.idFromName(name));
const another = ({ OBJECTS }: Env) => OBJECTS.get(OBJECTS.newUniqueId());

/** The catalogue is one object for all, an image's is its own. The writes of each are the product's. */
const CATALOGUE = "0";

/** The requests of a cycle, of an image that is named. */
const CYCLE: Record<string, Work> = {
  create: async (env) => {
    await there(env, CATALOGUE).write();
  },
  claim: async (env, name) => {
    await there(env, name).makeWithAlarm();
    await there(env, CATALOGUE).write();
    await there(env, name).write();
  },
  complete: async (env, name) => {
    await there(env, CATALOGUE).write();
    await there(env, name).write();
  },
  delete: async (env, name) => {
    for (let n = 0; n < 2; n++) await there(env, CATALOGUE).write();
    await there(env, name).empty();
  },
};

const WORK: Record<string, Work> = {
  "make-d1": ({ DB }) => DB.exec(TABLE),
  "make-there": (env, name) => there(env, name).make(),
  call: (env, name) => there(env, name).answer(),
  "make-page": (env, name) => there(env, name).makePage(),
  page: async (env, name) => JSON.stringify(await there(env, name).page()),
  read: (env, name) => there(env, name).read(),
  write: (env, name) => there(env, name).write(),
  "read-d1": ({ DB }) => DB.prepare(READ).all(),
  "write-d1": ({ DB }) => DB.batch([DB.prepare(WRITE), DB.prepare(OTHER_WRITE)]),
  make: (env) => another(env).make(),
  "make-and-empty": async (env) => {
    const object = another(env);
    await object.makeWithAlarm();
    await object.empty();
  },
  ...CYCLE,
  cycle: async (env) => {
    const name = crypto.randomUUID();
    for (const step of Object.values(CYCLE)) await step(env, name);
  },
};

export default {
  async fetch(request, env) {
    const [, what = "", name = ""] = new URL(request.url).pathname.split("/");
    const work = WORK[what];
    const text = TEXTS[what] ?? (await work?.(env, name));
    const headers = { "content-type": "application/json" };
    return typeof text === "string"
      ? new Response(text, { headers })
      : new Response(null, { status: work ? 204 : 404 });
  },
} satisfies ExportedHandler<Env>;
