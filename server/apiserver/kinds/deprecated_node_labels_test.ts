import { describe, expect, it } from "vitest";
import { runtimeClassStrategy } from "./runtime_class.ts";

describe("labels of nodes that have a successor", () => {
  it("are told of where a RuntimeClass chooses nodes", () => {
    const scheduling = { nodeSelector: { "beta.kubernetes.io/arch": "amd64", zone: "a" } };
    expect(runtimeClassStrategy.warnings!({ metadata: {}, handler: "h", scheduling })).toEqual([
      'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/arch" instead',
    ]);
  });
});
