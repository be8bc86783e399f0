/** What a program does with its time: V8's own profile of it, by its inspector. */

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  /** The node that ran at each look, and the microseconds since the last. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function, and its share of the time in which the thread did anything; what it called is not in it. */
export interface Cost {
  readonly what: string;
  readonly share: number;
}

/** Of one thread, the main one. */
export interface Costs {
  /** Of all the time. */
  readonly busy: number;
  /** The dearest first. */
  readonly costs: readonly Cost[];
}

const LOOK_MICROSECONDS = 500;
const IDLE = "(idle)";

/** An inspector that is asked for profiles. */
export class Profiler implements Disposable {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    };
  }

  /** Of the program whose inspector listens there; workerd has one for each worker. */
  static async at(port: number): Promise<Profiler> {
    const answer = await fetch(`http://127.0.0.1:${port}/json`);
    const targets = (await answer.json()) as { id: string; webSocketDebuggerUrl: string }[];
    const { webSocketDebuggerUrl: url = "" } =
      targets.find(({ id }) => id.endsWith("glimpse")) ?? targets[0] ?? {};
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`no inspector answers at ${port}`));
    });
    const profiler = new Profiler(socket);
    await profiler.#ask("Profiler.enable");
    await profiler.#ask("Profiler.setSamplingInterval", { interval: LOOK_MICROSECONDS });
    return profiler;
  }

  async start(): Promise<void> {
    await this.#ask("Profiler.start");
  }

  /** Since the start. */
  async stop(): Promise<Costs> {
    const { profile } = (await this.#ask("Profiler.stop")) as { profile: Profile };
    return costsOf(profile);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #ask(method: string, params = {}): Promise<unknown> {
    const id = ++this.#asked;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }
}

/** Adds up what each function took by itself. */
export function costsOf({ nodes, samples, timeDeltas }: Profile): Costs {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const took = new Map<string, number>();
  for (const [nth, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    took.set(name, (took.get(name) ?? 0) + (timeDeltas[nth] ?? 0));
  }
  const all = took.values().reduce((sum, time) => sum + time, 0);
  const busy = all - (took.get(IDLE) ?? 0);
  took.delete(IDLE);
  const costs = [...took].map(([what, time]) => ({ what, share: time / busy }));
  return { busy: busy / all, costs: costs.toSorted((one, other) => other.share - one.share) };
}

/** With its file, which the worker's bundle does not tell. */
function nameOf({ functionName, url }: Frame): string {
  const file = url.split("/").at(-1) ?? "";
  const name = functionName || "(anonymous)";
  return file === "" || file.endsWith(".mjs") ? name : `${name} (${file})`;
}
