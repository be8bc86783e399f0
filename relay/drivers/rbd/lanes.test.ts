import { expect, test } from "vitest";
import { Lanes } from "./lanes.ts";

/** An order that is under way until it is told to end. */
function held(lanes: Lanes, name: Parameters<Lanes["run"]>[0], begun: string[], id: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const done = lanes.run(name, () => {
    begun.push(id);
    return promise;
  });
  return { done, end: resolve, fail: reject };
}

test("four orders that carry bytes are under way at most, and the next follows whichever ends", async () => {
  const lanes = new Lanes();
  const begun: string[] = [];
  const orders = ["1", "2", "3", "4", "5", "6"].map((id, i) =>
    held(lanes, i % 2 ? "read" : "write", begun, id),
  );
  await Promise.resolve();
  expect(begun).toEqual(["1", "2", "3", "4"]);
  orders[2]?.end();
  await orders[2]?.done;
  orders[0]?.fail(new Error("the cluster is away"));
  await expect(orders[0]?.done).rejects.toThrow("away");
  expect(begun).toEqual(["1", "2", "3", "4", "5", "6"]);
  for (const { end } of orders) end();
});

test("what takes long holds up nobody else", async () => {
  const lanes = new Lanes();
  const begun: string[] = [];
  const removals = ["1", "2", "3"].map((id) => held(lanes, "removeImage", begun, id));
  const others = [held(lanes, "stat", begun, "stat"), held(lanes, "read", begun, "read")];
  await Promise.resolve();
  expect(begun).toEqual(["1", "2", "stat", "read"]);
  for (const { end } of [...removals, ...others]) end();
});
