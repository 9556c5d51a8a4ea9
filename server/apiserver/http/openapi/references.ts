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

const objects = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** The media types of answers. */
export const producedTypes: Readonly<Record<Operation["produces"], readonly string[]>> = {
  objects,
  events: [...objects, "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"],
  lines: ["text/plain", ...objects],
  anything: ["*/*"],
};

export const descriptionsOfCodes = { 200: "OK", 201: "Created", 202: "Accepted" } as const;

const metaAnswers: Readonly<Record<Exclude<Operation["answer"], "text" | "object" | "list">, string>> = {
  status: "Status",
  event: "WatchEvent",
  resources: "APIResourceList",
  group: "APIGroup",
  groups: "APIGroupList",
  versions: "APIVersions",
};

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
      return of.body === "patch" ? definitions.patch() : kindOf(of.kind!, of.kind!.kind);
    },
    answer(of: Operation): unknown {
      if (of.answer === "text") return { type: "string" };
      if (of.answer === "object") return kindOf(of.kind!, of.kind!.kind);
      return of.answer === "list" ? kindOf(of.kind!, `${of.kind!.kind}List`) : kindOf(meta, metaAnswers[of.answer]);
    },
  };
}
