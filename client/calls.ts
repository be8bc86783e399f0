import type { components, operations, paths, securitySchemes } from "./generated/api.ts";

/**
 * What each call of the document takes and gives. openapi-fetch has such types too, which know neither of media types nor
 * of headers, and let names pass that the document has not: these take nothing that is not described
 * (docs/decisions/0027-types-of-calls-are-our-own.md).
 */
export type Calls = { readonly [M in Method as Uppercase<M>]: Call<M> };

/** A path of the document, with its parameters in braces. */
export type Path = keyof paths;

/** What an operation is asked for: the body of its success. */
export type DataOf<M extends Method, P extends PathWith<M>> = Content<Success<paths[P][M]>, typeof JSON_TYPE>;

/** The parameters of an operation in its query, or in its header. */
export type ParametersIn<Place extends "query" | "header", O> = O extends {
  parameters: { [place in Place]?: infer P };
}
  ? NonNullable<P>
  : never;

/** The fields that have a name, of what may have others as well. */
export type NameIn<T> = keyof { [K in keyof T as string extends K ? never : K]: T[K] } & string;

/** A header that some operation takes, or that answers have. */
export type HeaderName = RequestHeader<operations[keyof operations]> | keyof components["headers"];

type RequestHeader<O> = O extends unknown ? keyof ParametersIn<"header", O> & string : never;

/** Headers that a refusal has. */
export type RefusalHeader = HeaderOf<components["responses"]["BadRequest" | "IdentityBadRequest"]>;

/** What bodies are unless a call says otherwise. */
export const JSON_TYPE = "application/json";
/** What an image's data is, sent or answered. */
export const BYTES_TYPE = "application/octet-stream";
/** The header that has the caller's token, as it is sent. */
export const TOKEN_HEADER = "x-auth-token" satisfies Lowercase<securitySchemes["AuthToken"]["name"]>;

type Method = "get" | "put" | "post" | "patch" | "delete";
type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, object> ? P : never;
}[keyof paths];

type Call<M extends Method> = <P extends PathWith<M>>(
  path: P,
  ...asked: RequiredKeys<Options<paths[P][M]>> extends never
    ? [options?: Options<paths[P][M]>]
    : [options: Options<paths[P][M]>]
) => Promise<Answer<paths[P][M]>>;

type RequiredKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T];

type Options<O> = Parameters<O> & Body<O> & Headers<O> & Parsing<O> & Search;

type Parameters<O> = O extends { parameters: infer P }
  ? RequiredKeys<P> extends never
    ? { readonly params?: P }
    : { readonly params: P }
  : never;

type Bodies<O> = O extends { requestBody: { content: infer C } } ? C : never;

type Body<O> = [Bodies<O>] extends [never]
  ? { readonly body?: never }
  : { readonly body: Bodies<O>[keyof Bodies<O>] };

/** A body that is neither JSON nor an image's data says what it is. */
type Headers<O> = [Bodies<O>] extends [never]
  ? { readonly headers?: Accepted }
  : [keyof Bodies<O> & (typeof JSON_TYPE | typeof BYTES_TYPE)] extends [never]
    ? { readonly headers: Accepted & { readonly "content-type": keyof Bodies<O> } }
    : { readonly headers?: Accepted };

interface Accepted {
  /** JSON unless it says otherwise. */
  readonly accept?: "*/*";
}

/** Whether all that is answered is data. */
type IsData<O> = [Kind<Success<O>>] extends [never]
  ? false
  : [Kind<Success<O>>] extends ["data"]
    ? true
    : false;

type Kind<Response> = Response extends { content: infer C }
  ? C extends { [type in typeof BYTES_TYPE]: unknown }
    ? "data"
    : "other"
  : never;

/** Data comes as a stream, and who calls says that he knows. */
type Parsing<O> = IsData<O> extends true ? { readonly parseAs: "stream" } : { readonly parseAs?: never };

interface Search {
  /** The query as it stands, of a page that the one before it leads to. */
  readonly querySerializer?: () => string;
}

interface Answer<O> {
  /** Absent where there is no body. */
  readonly data?: IsData<O> extends true ? ReadableStream<Uint8Array> : Content<Success<O>, typeof JSON_TYPE>;
  readonly response: {
    readonly status: keyof Responses<O> & OkStatus;
    readonly headers: { get(name: HeaderOf<Success<O>>): string | null };
  };
}

type OkStatus = 200 | 201 | 202 | 204 | 206;
type Responses<O> = O extends { responses: infer R } ? R : never;
type Success<O> = Responses<O>[keyof Responses<O> & OkStatus];

type Content<Response, Media extends string> = Response extends { content: { [type in Media]: infer D } }
  ? D
  : never;

type HeaderOf<Response> = Response extends { headers: infer H } ? NameIn<H> : never;
