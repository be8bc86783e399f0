import { expect, test } from "vitest";
import { END_FRAME, FrameError, FrameReader, frameHeader } from "./frames.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const framed = (...parts: string[]): Uint8Array => {
  const pieces = parts.flatMap((part) => [frameHeader(part.length), new TextEncoder().encode(part)]);
  return Uint8Array.from([...pieces, END_FRAME].flatMap((piece) => [...piece]));
};

const readInPieces = (bytes: Uint8Array, pieceBytes: number): string => {
  const reader = new FrameReader();
  let found = "";
  for (let at = 0; at < bytes.byteLength; at += pieceBytes)
    for (const piece of reader.push(bytes.subarray(at, at + pieceBytes))) found += text(piece);
  reader.finish();
  return found;
};

test("frames come apart wherever the network cut them", () => {
  const bytes = framed("hello", " ", "world");
  for (let pieceBytes = 1; pieceBytes <= bytes.byteLength; pieceBytes++)
    expect(readInPieces(bytes, pieceBytes)).toBe("hello world");
});

test("an empty body is its end alone", () => expect(readInPieces(END_FRAME, 4)).toBe(""));

test("a body that is cut anywhere before its end is refused", () => {
  const bytes = framed("hello", "world");
  for (let length = 0; length < bytes.byteLength; length++)
    expect(() => readInPieces(bytes.subarray(0, length), 7)).toThrow(FrameError);
});

test("bytes after the end are refused", () =>
  expect(() => readInPieces(Uint8Array.from([...framed("a"), 0]), 100)).toThrow(FrameError));

test("a frame that claims more than two gigabytes is refused", () =>
  expect(() => readInPieces(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), 5)).toThrow(FrameError));
