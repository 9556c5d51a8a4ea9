import type { ResourceRow, Schema } from "../../../../api/schema/contract.ts";
import { serverVersion } from "../../../version.ts";
import { Definitions, type Describe } from "./definitions.ts";
import { pathsAt } from "./discovery.ts";
import type { Operation, PathOperations } from "./operations.ts";
import { optionParameters, type Parameter } from "./parameters.ts";
import { descriptionsOfCodes, patchTypes, producedTypes, referencesOf } from "./references.ts";
import { bearerToken } from "./security.ts";

/** The OpenAPI 3 document of that name, as `places.ts` tells them. */
export function openapiV3(schema: Schema, place: string, rows: readonly ResourceRow[], describe: Describe): unknown {
  const definitions = new Definitions(schema, 3, describe);
  const references = referencesOf(schema, definitions);
  const options = optionParameters(schema, describe);
  const content = (types: readonly string[], of: unknown) => Object.fromEntries(types.map((t) => [t, { schema: of }]));
  const operation = (of: Operation) => {
    const body = references.body(of);
    const given = content(producedTypes[of.produces], references.answer(of));
    return {
      tags: [of.tag],
      description: of.description,
      operationId: of.id,
      ...(of.parameters.length > 0 && { parameters: of.parameters.map(parameter) }),
      ...(body !== undefined && {
        requestBody: {
          content: content(of.body === "patch" ? patchTypes : ["*/*"], body),
          ...(of.body !== "deleteOptions" && { required: true }),
        },
      }),
      responses: {
        ...Object.fromEntries(
          of.codes.map((code) => [code, { description: descriptionsOfCodes[code], content: given }]),
        ),
        401: { description: "Unauthorized" },
      },
      ...(of.action && { "x-kubernetes-action": of.action }),
      ...(of.kind && { "x-kubernetes-group-version-kind": of.kind }),
    };
  };
  const pathItem = (of: PathOperations) => ({
    ...Object.fromEntries(of.operations.map((o) => [o.method, operation(o)])),
    ...(of.parameters.length > 0 && { parameters: of.parameters.map(parameter) }),
  });
  const paths = Object.fromEntries(pathsAt(place, rows, options).map((of) => [of.path, pathItem(of)]));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: `${serverVersion.major}.${serverVersion.minor}` },
    paths,
    components: { schemas: definitions.all(), securitySchemes: { BearerToken: bearerToken } },
  };
}

function parameter({ name, in: place, type, description }: Parameter): unknown {
  return {
    name,
    in: place,
    ...(description && { description }),
    ...(place === "path" && { required: true }),
    schema: { type, uniqueItems: true },
  };
}
