import { describe, expect, it } from "vitest";
import { type FieldError, root } from "../../../api/meta/field.ts";
import type { Condition } from "../../../api/types/meta_v1.ts";
import { validateConditions } from "./conditions_validation.ts";

const ready: Condition = {
  type: "Ready",
  status: "True",
  reason: "All_Fine:1,2",
  message: "",
  lastTransitionTime: "2026-01-02T03:04:05Z",
};

function faults(...conditions: object[]): string[] {
  const errors: FieldError[] = [];
  validateConditions(conditions as Condition[], root("status", "conditions"), errors);
  return errors.map(String);
}

describe("conditions", () => {
  it("have a type of their own, a status, a reason and a time", () => {
    expect(faults(ready, { ...ready, type: "example.com/Synced", observedGeneration: 3 })).toEqual([]);
    expect(faults(ready, ready)).toEqual(['status.conditions[1].type: Duplicate value: "Ready"']);
    const refused: [object, string][] = [
      [{ type: "a b" }, 'type: Invalid value: "a b": name part must consist of'],
      [{ status: "Odd" }, 'status: Unsupported value: "Odd": supported values: "False", "True", "Unknown"'],
      [{ observedGeneration: -1 }, "observedGeneration: Invalid value: -1: must be greater than or equal to zero"],
      [{ lastTransitionTime: undefined }, "lastTransitionTime: Required value"],
      [{ reason: "" }, "reason: Required value"],
      [{ reason: "1st" }, 'reason: Invalid value: "1st": a condition reason must start with alphabetic character'],
      [{ reason: "a".repeat(1025) }, "reason: Too long: may not be more than 1024 bytes"],
      [{ message: "a".repeat(32 * 1024 + 1) }, "message: Too long: may not be more than 32768 bytes"],
    ];
    for (const [change, words] of refused) {
      expect(faults({ ...ready, ...change })).toEqual([expect.stringContaining(`status.conditions[0].${words}`)]);
    }
  });
});
