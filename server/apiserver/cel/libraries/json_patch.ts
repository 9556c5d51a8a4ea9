import type { Environment } from "@marcbachmann/cel-js";
import type { MessageType } from "../literal_macros.ts";

/** What `JSONPatch{op: "add", path: "/a", value: 1}` makes: an operation of RFC 6902, whose `value` is CEL's. */
export class JsonPatchOperation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: unknown;

  constructor({ op = "", path = "", from = "", value }: Readonly<Record<string, unknown>>) {
    this.op = String(op);
    this.path = String(path);
    this.from = String(from);
    this.value = value;
  }
}

/** What `Object{spec: Object.spec{…}}` makes: a part of an object, without a schema. Its values are CEL's. */
export class ObjectPart extends Map<string, unknown> {}

const patchFields: Readonly<Record<string, string>> = { op: "string", path: "string", from: "string", value: "dyn" };

/** The receiver of `jsonpatch.escapeKey(…)`: a name, no value. */
class JsonPatchNamespace {}

/** Kubernetes' types and functions of expressions that change objects. */
export function registerJsonPatch(environment: Environment): void {
  environment
    .registerType("JSONPatch", { ctor: JsonPatchOperation, fields: patchFields })
    .registerType("JsonPatchNamespace", JsonPatchNamespace)
    .registerConstant("jsonpatch", "JsonPatchNamespace", new JsonPatchNamespace())
    .registerFunction(
      "JsonPatchNamespace.escapeKey(string): string",
      (_: JsonPatchNamespace, key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
    );
}

/** `Object` and whatever begins with `Object.` are types when an expression names them. */
export function patchType(name: string, environment: Environment): MessageType | undefined {
  if (name === "JSONPatch") {
    return { name, field: (field) => patchFields[field], make: (fields) => new JsonPatchOperation(fields) };
  }
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  const Part = class extends ObjectPart {};
  environment.registerType(name, Part);
  return { name, field: () => "dyn", make: (fields) => new Part(Object.entries(fields)) };
}
