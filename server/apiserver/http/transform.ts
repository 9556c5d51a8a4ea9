import type { KubeObject } from "../../../api/resource.ts";
import { aggregate, FieldError, root } from "../../../api/meta/field.ts";
import { badRequest, notAcceptable, StatusError } from "../../../api/status.ts";
import type { IncludeObject, TableOptions } from "../tables/table.ts";
import type { Representation } from "./negotiate.ts";
import type { Query } from "./query.ts";
import type { ResourceCall } from "./resource_call.ts";

/** The object as those see it who care for its metadata alone. */
export function partialObject(object: KubeObject, version = "v1"): KubeObject {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** 406 for the list form of one object, and the form of one for a list. */
export function mustFit(
  as: Representation["as"],
  { row, kind }: Pick<ResourceCall, "row" | "kind">,
  list: boolean,
): void {
  if (as === undefined || as === "Table" || (as === "PartialObjectMetadataList") === list) return;
  // By its name in Go, as upstream.
  const type = `*${row.group.split(".")[0] || "core"}.${kind}${list ? "List" : ""}`;
  const message = `you requested ${as}, but the requested object is ${list ? "a list" : "not a list"} (${type})`;
  throw new StatusError({ ...notAcceptable([]).status, message });
}

const includes: readonly string[] = ["Metadata", "None", "Object"] satisfies IncludeObject[];

export function tableOptions(query: Query, version?: Representation["version"]): TableOptions {
  const asked = query.text("includeObject") ?? "Metadata";
  if (!includes.includes(asked)) {
    const detail = "must be 'Metadata', 'Object', 'None', or empty";
    const error = FieldError.invalid(root("includeObject"), asked, detail);
    throw badRequest(`Unable to convert to Table as requested: ${aggregate([error])}`);
  }
  return { includeObject: asked as IncludeObject, version };
}
