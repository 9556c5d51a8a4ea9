import type { ResourceRow, Schema } from "../../../../api/schema/contract.ts";
import { serverVersion } from "../../../version.ts";
import { Definitions, type Describe } from "./definitions.ts";
import { type Operation, type Parameter, type PathOperations, pathsOf } from "./operations.ts";
import { patchTypes, referencesOf } from "./references.ts";

/** The OpenAPI 3 document of one group and version. */
export function openapiV3(schema: Schema, rows: readonly ResourceRow[], describe: Describe): unknown {
  const definitions = new Definitions(schema, 3, describe);
  const references = referencesOf(schema, definitions);
  const content = (types: readonly string[], of: unknown) => Object.fromEntries(types.map((t) => [t, { schema: of }]));
  const operation = (of: Operation) => {
    const body = references.body(of);
    return {
      operationId: of.id,
      parameters: of.query.map(parameter),
      ...(body === undefined ? {} : { requestBody: { content: content(bodyTypes(of), body) } }),
      responses: { 200: { description: "OK", content: content(["application/json"], references.answer(of)) } },
      "x-kubernetes-action": of.action,
      "x-kubernetes-group-version-kind": of.kind,
    };
  };
  const pathItem = (of: PathOperations) => ({
    ...Object.fromEntries(of.operations.map((o) => [o.method, operation(o)])),
    parameters: of.parameters.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
  });
  const paths = Object.fromEntries(rows.flatMap(pathsOf).map((of) => [of.path, pathItem(of)]));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: serverVersion.gitVersion },
    paths,
    components: { schemas: definitions.all() },
  };
}

function parameter({ name, type }: Parameter): unknown {
  return { name, in: "query", schema: { type } };
}

function bodyTypes(of: Operation): readonly string[] {
  return of.body === "patch" ? patchTypes : ["*/*"];
}
