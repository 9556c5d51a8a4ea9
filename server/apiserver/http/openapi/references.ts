import { apiVersionOf } from "../../../../api/resource.ts";
import type { MessageSchema, Schema } from "../../../../api/schema/contract.ts";
import type { Definitions, Kind } from "./definitions.ts";
import type { Operation } from "./operations.ts";

export const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

/** What an operation takes and gives, as references into the definitions; kinds that the schema lacks are any object. */
export function referencesOf(schema: Schema, definitions: Definitions) {
  const kindOf = (kind: Kind, name: string): unknown => {
    const message: MessageSchema | undefined = schema.ofKind(apiVersionOf(kind), name);
    if (message === undefined) return { type: "object" };
    return definitions.reference(message, [{ group: kind.group, version: kind.version, kind: name }]);
  };
  const meta: Kind = { group: "", version: "v1", kind: "" };
  return {
    body(of: Operation): unknown {
      if (of.body === undefined) return undefined;
      if (of.body === "deleteOptions") return kindOf(meta, "DeleteOptions");
      return of.body === "patch" ? { type: "object" } : kindOf(of.kind, of.kind.kind);
    },
    answer(of: Operation): unknown {
      if (of.answer === "status") return kindOf(meta, "Status");
      return kindOf(of.kind, of.answer === "list" ? `${of.kind.kind}List` : of.kind.kind);
    },
  };
}
