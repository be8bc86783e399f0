import { parseXml, XmlElement } from "@rgrove/parse-xml";
import type { PartTaken } from "./contract.ts";

/** An element of an answer, with its children by name. Namespaces and attributes have no meaning in S3. */
export class Xml {
  readonly #element: XmlElement;

  constructor(element: XmlElement) {
    this.#element = element;
  }

  /** Undefined if the text is not XML, or incomplete. A server may send white space while it works. */
  static read(text: string): Xml | undefined {
    try {
      const { root } = parseXml(text.trimStart());
      return root ? new Xml(root) : undefined;
    } catch {
      return undefined;
    }
  }

  get name(): string {
    return this.#element.name;
  }

  text(child: string): string | undefined {
    return this.#children(child)[0]?.text;
  }

  all(child: string): Xml[] {
    return this.#children(child).map((element) => new Xml(element));
  }

  #children(name: string): XmlElement[] {
    return this.#element.children.filter(
      (node): node is XmlElement => node instanceof XmlElement && node.name === name,
    );
  }
}

const escaped = (text: string): string => text.replace(/[<>&'"]/g, (c) => `&#${c.charCodeAt(0)};`);

export const completionXml = (parts: readonly PartTaken[]): string =>
  `<CompleteMultipartUpload>${parts
    .map(({ etag, number }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
    .join("")}</CompleteMultipartUpload>`;

export const bucketXml = (region: string): string =>
  `<CreateBucketConfiguration><LocationConstraint>${escaped(region)}</LocationConstraint></CreateBucketConfiguration>`;
