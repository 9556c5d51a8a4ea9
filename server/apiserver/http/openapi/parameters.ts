import type { FieldType, Scalar, Schema } from "../../../../api/schema/contract.ts";
import type { Describe } from "./definitions.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly type: "string" | "integer" | "boolean";
  readonly description?: string;
}

const types: Readonly<Partial<Record<Scalar, Parameter["type"]>>> = {
  string: "string",
  bool: "boolean",
  int32: "integer",
  int64: "integer",
};

/** Of a message that is written into queries, as `ListOptions`: each field that fits there. */
export type OptionParameters = (apiVersion: string, kind: string) => readonly Parameter[];

export function optionParameters(schema: Schema, describe: Describe): OptionParameters {
  return (apiVersion, kind) => {
    const message = schema.ofKind(apiVersion, kind);
    if (message === undefined) return [];
    return [...message.fields.values()].flatMap(({ name, type: of }): Parameter[] => {
      const type = name === "kind" || name === "apiVersion" ? undefined : typeOf(of);
      const description = describe(message.name, name);
      return type === undefined ? [] : [{ name, in: "query", type, ...(description && { description }) }];
    });
  };
}

export const namespaceParameter: Parameter = {
  name: "namespace",
  in: "path",
  type: "string",
  description: "object name and auth scope, such as for teams and projects",
};

export const pathParameter: Parameter = {
  name: "path",
  in: "path",
  type: "string",
  description: "path to the resource",
};

export const prettyParameter: Parameter = {
  name: "pretty",
  in: "query",
  type: "string",
  description:
    "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
};

export function nameParameter(kind: string): Parameter {
  return { name: "name", in: "path", type: "string", description: `name of the ${kind}` };
}

export function byName(a: Parameter, b: Parameter): number {
  return a.name < b.name ? -1 : 1;
}

/** A list comes as the same parameter several times; what has fields of its own comes in a body alone. */
function typeOf(type: FieldType): Parameter["type"] | undefined {
  if (type.is === "list") return typeOf(type.of);
  return type.is === "scalar" ? types[type.scalar] : undefined;
}
