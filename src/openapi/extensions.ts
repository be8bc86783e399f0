type Components = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Paths = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const MARK = "x-glimpse-extension";

/** The same components, with a mark on those to which no operation of Glance's refers, directly or through others. */
export function markedExtensions(paths: Paths, components: Components): Components {
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  const used = new Set<string>();
  const reach = (part: unknown): void => {
    for (const [, reference = ""] of JSON.stringify(part).matchAll(/"#\/components\/(\w+\/[\w-]+)"/g)) {
      if (used.has(reference)) continue;
      used.add(reference);
      const [kind = "", name = ""] = reference.split("/");
      reach(components[kind]?.[name]);
    }
  };
  reach(operations.filter((operation) => !(MARK in (operation as object))));
  const marked = (kind: string, of: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(of).map(([name, component]) => [
        name,
        used.has(`${kind}/${name}`) ? component : { ...(component as object), [MARK]: true },
      ]),
    );
  return Object.fromEntries(Object.entries(components).map(([kind, of]) => [kind, marked(kind, of)]));
}
