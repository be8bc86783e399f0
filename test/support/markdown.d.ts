/** A document of this repository, imported as text. */
declare module "*.md?raw" {
  const text: string;
  export = text;
}
