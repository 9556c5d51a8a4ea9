import type { ResourceRow, Schema } from "../../../../api/schema/contract.ts";
import { serverVersion } from "../../../version.ts";
import { Definitions, type Describe } from "./definitions.ts";
import { type Operation, type PathOperations, pathsOf } from "./operations.ts";
import { patchTypes, referencesOf } from "./references.ts";

/** The OpenAPI 2 document of everything served. */
export function openapiV2(schema: Schema, rows: readonly ResourceRow[], describe: Describe): unknown {
  const definitions = new Definitions(schema, 2, describe);
  const references = referencesOf(schema, definitions);
  const operation = (of: Operation) => {
    const body = references.body(of);
    return {
      operationId: of.id,
      consumes: of.body === "patch" ? patchTypes : ["*/*"],
      produces: ["application/json", "application/yaml"],
      parameters: [
        ...of.query.map(({ name, type }) => ({ name, in: "query", type, uniqueItems: true })),
        ...(body ? [{ name: "body", in: "body", schema: body, required: of.body !== "deleteOptions" }] : []),
      ],
      responses: { 200: { description: "OK", schema: references.answer(of) } },
      "x-kubernetes-action": of.action,
      "x-kubernetes-group-version-kind": of.kind,
    };
  };
  const pathItem = (of: PathOperations) => ({
    ...Object.fromEntries(of.operations.map((o) => [o.method, operation(o)])),
    parameters: of.parameters.map((name) => ({ name, in: "path", type: "string", required: true, uniqueItems: true })),
  });
  const paths = Object.fromEntries(rows.flatMap(pathsOf).map((of) => [of.path, pathItem(of)]));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: serverVersion.gitVersion },
    paths,
    definitions: definitions.all(),
  };
}
