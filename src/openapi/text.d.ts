/** The documents, imported as text (`with { type: "text" }`). */
declare module "*/openapi/openapi.json" {
  const text: string;
  export = text;
}
declare module "*/openapi/openapi.yaml" {
  const text: string;
  export = text;
}
