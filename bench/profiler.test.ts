import { expect, it } from "vitest";
import { costsOf } from "./profiler.ts";

it("tells what each function took by itself of the time in which there was anything to do", () => {
  const node = (id: number, functionName: string, url = "") => ({ id, callFrame: { functionName, url } });
  const nodes = [
    node(1, "(idle)"),
    node(2, "exec"),
    node(3, "pass", "file:///relay/front/pass.ts"),
    node(4, "exec"),
  ];
  const profile = { nodes, samples: [1, 2, 3, 4, 1], timeDeltas: [300, 100, 300, 200, 100] };
  expect(costsOf(profile)).toEqual({
    busy: 0.6,
    costs: [
      { what: "exec", share: 0.5 },
      { what: "pass (pass.ts)", share: 0.5 },
    ],
  });
});
