import type { ResourceRow, Schema } from "../../../../api/schema/contract.ts";
import { serverVersion } from "../../../version.ts";
import { Definitions, type Describe } from "./definitions.ts";
import { pathsAt } from "./discovery.ts";
import type { Operation, PathOperations } from "./operations.ts";
import { optionParameters, type Parameter } from "./parameters.ts";
import { descriptionsOfCodes, patchTypes, producedTypes, referencesOf } from "./references.ts";
import { placesOf } from "./places.ts";
import { bearerToken } from "./security.ts";
import { SharedParameters } from "./shared_parameters.ts";

/** The OpenAPI 2 document of everything served. */
export function openapiV2(schema: Schema, rows: readonly ResourceRow[], describe: Describe): unknown {
  const definitions = new Definitions(schema, 2, describe);
  const references = referencesOf(schema, definitions);
  const options = optionParameters(schema, describe);
  const shared = new SharedParameters();
  const operation = (of: Operation) => {
    const body = references.body(of);
    const produces = producedTypes[of.produces];
    const answer = references.answer(of);
    const required = of.body === "deleteOptions" ? {} : { required: true };
    const parameters = [
      ...(body ? [shared.refer({ name: "body", in: "body", ...required, schema: body })] : []),
      ...of.parameters.map((one) => shared.refer(parameter(one))),
    ];
    return {
      description: of.description,
      consumes: of.body === "patch" ? patchTypes : of.action ? ["*/*"] : produces,
      produces,
      schemes: ["https"],
      tags: [of.tag],
      operationId: of.id,
      ...(parameters.length > 0 && { parameters }),
      responses: {
        ...Object.fromEntries(
          of.codes.map((code) => [code, { description: descriptionsOfCodes[code], schema: answer }]),
        ),
        401: { description: "Unauthorized" },
      },
      ...(of.action && { "x-kubernetes-action": of.action }),
      ...(of.kind && { "x-kubernetes-group-version-kind": of.kind }),
    };
  };
  const pathItem = (of: PathOperations) => ({
    ...Object.fromEntries(of.operations.map((o) => [o.method, operation(o)])),
    ...(of.parameters.length > 0 && { parameters: of.parameters.map((one) => shared.refer(parameter(one))) }),
  });
  const all = [...placesOf(rows)].flatMap(([place, of]) => pathsAt(place, of, options));
  const paths = Object.fromEntries(all.map((of) => [of.path, pathItem(of)]));
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: `${serverVersion.major}.${serverVersion.minor}` },
    paths,
    definitions: definitions.all(),
    parameters: shared.all(),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

function parameter({ name, in: place, type, description }: Parameter): Readonly<Record<string, unknown>> {
  return {
    uniqueItems: true,
    type,
    ...(description && { description }),
    name,
    in: place,
    ...(place === "path" && { required: true }),
  };
}
