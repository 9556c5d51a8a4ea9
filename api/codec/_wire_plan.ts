import type { FieldSchema, MessageSchema } from "../schema/contract.ts";

/** `k8s` and a zero byte begin every message; `runtime.Unknown` follows, whose second field holds the object. */
export const MAGIC = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);

/**
 * A message as protobuf nests it. JSON flattens Go's embedded structs, protobuf does not: a `group` is such a message, whose fields lie in
 * the same JSON object as its neighbours.
 */
export interface WirePlan {
  readonly entries: ReadonlyMap<number, WireEntry>;
}

export type WireEntry =
  | { readonly is: "field"; readonly field: FieldSchema }
  | { readonly is: "group"; readonly plan: WirePlan };

const plans = new WeakMap<MessageSchema, WirePlan>();

export function wirePlan(message: MessageSchema): WirePlan {
  let plan = plans.get(message);
  if (!plan) {
    plan = build(
      [...message.fields.values()].map((field) => ({ field, within: (field.inline ?? []).map(([number]) => number) })),
    );
    plans.set(message, plan);
  }
  return plan;
}

interface Placed {
  readonly field: FieldSchema;
  /** Numbers of the groups around it, outermost first. */
  readonly within: readonly number[];
}

function build(fields: readonly Placed[]): WirePlan {
  const entries = new Map<number, WireEntry>();
  const groups = new Map<number, Placed[]>();
  for (const { field, within: [group, ...deeper] } of fields) {
    if (group !== undefined) {
      const members = groups.get(group) ?? [];
      members.push({ field, within: deeper });
      groups.set(group, members);
    } else if (field.number > 0) entries.set(field.number, { is: "field", field });
  }
  for (const [number, members] of groups) entries.set(number, { is: "group", plan: build(members) });
  return { entries };
}
