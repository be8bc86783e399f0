import { expect, onTestFinished, test } from "vitest";
import { CopyBuffers } from "./copy-buffers.ts";

const LARGE = 2 * 1024 * 1024;
const SMALL = 512 * 1024;

function begun(count: number): CopyBuffers[] {
  const copies = Array.from({ length: count }, () => new CopyBuffers());
  onTestFinished(() => {
    for (const copy of copies.splice(0)) copy[Symbol.dispose]();
  });
  return copies;
}

test("four copies at a time have large buffers, and those that come later small ones", () => {
  const copies = begun(6);
  expect(copies.map((copy) => copy.take().byteLength)).toEqual([...Array(4).fill(LARGE), SMALL, SMALL]);
  copies.shift()?.[Symbol.dispose]();
  copies.push(...begun(2));
  expect(copies.slice(-2).map((copy) => copy.take().byteLength)).toEqual([LARGE, SMALL]);
});

test("a buffer that came back is used again, in the next copy too; one that is on its way is not", () => {
  const [first] = begun(1);
  const [back, away] = [first?.take(), first?.take()];
  if (back) first?.giveBack(back);
  first?.[Symbol.dispose]();
  const [next] = begun(1);
  const taken = [next?.take(), next?.take(), next?.take()];
  expect(taken).toContain(back);
  expect(taken).not.toContain(away);
});
