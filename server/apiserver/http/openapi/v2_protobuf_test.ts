import { parse } from "protobufjs";
import { describe, expect, it } from "vitest";
import { schema } from "../../../../api/schema/schema.ts";
import { openapiV2 } from "./v2.ts";
import { encodeOpenapiV2 } from "./v2_protobuf.ts";

/** As much of gnostic-models' openapiv2/OpenAPIv2.proto as is looked at here. */
const proto = `
  syntax = "proto3";
  message Document { string swagger = 1; Paths paths = 8; Definitions definitions = 9; ParameterDefinitions parameters = 10; SecurityDefinitions security_definitions = 13; }
  message SecurityDefinitions { repeated NamedSecurity additional_properties = 1; }
  message NamedSecurity { string name = 1; SecurityItem value = 2; }
  message SecurityItem { ApiKey api_key_security = 2; }
  message ApiKey { string type = 1; string name = 2; string in = 3; }
  message Paths { repeated NamedPathItem path = 2; }
  message NamedPathItem { string name = 1; PathItem value = 2; }
  message PathItem { Operation patch = 8; repeated ParametersItem parameters = 9; }
  message Operation {
    repeated string tags = 1; string description = 3; string operation_id = 5; repeated ParametersItem parameters = 8;
    repeated NamedAny vendor_extension = 13;
  }
  message ParametersItem { Parameter parameter = 1; JsonReference json_reference = 2; }
  message JsonReference { string _ref = 1; }
  message ParameterDefinitions { repeated NamedParameter additional_properties = 1; }
  message NamedParameter { string name = 1; Parameter value = 2; }
  message Parameter { BodyParameter body_parameter = 1; NonBodyParameter non_body_parameter = 2; }
  message BodyParameter { string name = 2; Schema schema = 5; }
  message NonBodyParameter { Query query_parameter_sub_schema = 3; Path path_parameter_sub_schema = 4; }
  message Query { string in = 2; string name = 4; string type = 6; }
  message Path { bool required = 1; string name = 4; }
  message Definitions { repeated NamedSchema additional_properties = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message Schema {
    string _ref = 1; repeated string required = 19; TypeItem type = 22; ItemsItem items = 23; Definitions properties = 25;
    repeated NamedAny vendor_extension = 31;
  }
  message TypeItem { repeated string value = 1; }
  message ItemsItem { repeated Schema schema = 1; }
  message NamedAny { string name = 1; Any value = 2; }
  message Any { string yaml = 2; }
`;

describe("encodeOpenapiV2", () => {
  const document = openapiV2(schema, schema.resources(), (message, field) => `of ${message}.${field}`);
  const type = parse(proto).root.lookupType("Document");
  // deno-lint-ignore no-explicit-any
  const read: any = type.toObject(type.decode(encodeOpenapiV2(document)));
  // deno-lint-ignore no-explicit-any
  const named = (all: any[], name: string) => all.find((one) => one.name === name)?.value;

  it("carries every definition, path and reference", () => {
    expect(read.swagger).toBe("2.0");
    const { definitions, paths } = document as { definitions: object; paths: object };
    // deno-lint-ignore no-explicit-any
    const names = (all: any[]) => all.map(({ name }) => name);
    expect(names(read.definitions.additionalProperties)).toEqual(Object.keys(definitions));
    expect(names(read.paths.path)).toEqual(Object.keys(paths));
    const spec = named(read.definitions.additionalProperties, "io.k8s.api.core.v1.PodSpec");
    expect(spec.required).toEqual(["containers"]);
    expect(named(read.securityDefinitions.additionalProperties, "BearerToken"))
      .toEqual({ apiKeySecurity: { type: "apiKey", name: "authorization", in: "header" } });
    const containers = named(spec.properties.additionalProperties, "containers");
    expect(containers.type.value).toEqual(["array"]);
    expect(containers.items.schema).toEqual([{ _ref: "#/definitions/io.k8s.api.core.v1.Container" }]);
    expect(named(containers.vendorExtension, "x-kubernetes-patch-merge-key").yaml).toBe('"name"');
  });

  it("tells which parameters a patch takes, and of which kind", () => {
    const item = named(read.paths.path, "/apis/apps/v1/namespaces/{namespace}/deployments/{name}");
    const { patch } = item;
    expect(JSON.parse(named(patch.vendorExtension, "x-kubernetes-group-version-kind").yaml))
      .toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    const referred = ({ parameter, jsonReference }: { parameter?: object; jsonReference?: { _ref: string } }) =>
      jsonReference === undefined
        ? parameter
        : named(read.parameters.additionalProperties, jsonReference._ref.replace("#/parameters/", ""));
    const [body, dryRun, manager] = patch.parameters.map(referred);
    expect(body.bodyParameter).toMatchObject({ name: "body", schema: { _ref: expect.stringContaining("v1.Patch") } });
    expect(dryRun.nonBodyParameter.queryParameterSubSchema.name).toBe("dryRun");
    expect(manager.nonBodyParameter.queryParameterSubSchema.name).toBe("fieldManager");
    const [name, namespace, pretty] = item.parameters.map(referred);
    expect(name.nonBodyParameter.pathParameterSubSchema).toMatchObject({ required: true, name: "name" });
    expect(namespace.nonBodyParameter.pathParameterSubSchema.name).toBe("namespace");
    expect(pretty.nonBodyParameter.queryParameterSubSchema.type).toBe("string");
    expect(patch.tags).toEqual(["apps_v1"]);
    expect(patch.description).toBe("partially update the specified Deployment");
  });

  it("refuses what it does not know", () => {
    expect(() => encodeOpenapiV2({ swagger: "2.0", host: "x" })).toThrow('no field is known for "host"');
  });
});
