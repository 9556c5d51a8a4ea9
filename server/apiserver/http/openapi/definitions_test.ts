import { describe, expect, it } from "vitest";
import { schema } from "../../../../api/schema/schema.ts";
import { Definitions } from "./definitions.ts";

type Definition = Record<string, unknown> & { readonly properties: Record<string, Record<string, unknown>> };

/** All that a Pod, a PersistentVolume and a MutatingWebhookConfiguration refer to. */
function definitionsOf(version: 2 | 3): (name: string) => Definition {
  const definitions = new Definitions(
    schema,
    version,
    (_message, field) => field === "affinity" ? "Where." : undefined,
  );
  for (const kind of ["Pod", "PersistentVolume"]) definitions.reference(schema.ofKind("v1", kind)!);
  definitions.reference(schema.ofKind("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration")!);
  const all = definitions.all();
  return (name) => all[name] as Definition;
}

describe("Definitions", () => {
  const third = definitionsOf(3);
  const second = definitionsOf(2);
  const core = "io.k8s.api.core.v1";
  const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
  const of = (name: string) => `#/components/schemas/${name}`;

  it("says in OpenAPI 3 what Go writes for what nobody has set, and nothing where that is nothing", () => {
    const rows: readonly (readonly [message: string, field: string, said: Record<string, unknown>])[] = [
      ["PodSpec", "containers", { items: { allOf: [{ $ref: of(`${core}.Container`) }], default: {} } }],
      ["PodSpec", "hostname", { type: "string" }],
      ["PodSpec", "nodeSelector", { additionalProperties: { type: "string", default: "" } }],
      ["Pod", "spec", { allOf: [{ $ref: of(`${core}.PodSpec`) }], default: {} }],
      ["Container", "name", { type: "string", default: "" }],
      ["Container", "securityContext", { $ref: of(`${core}.SecurityContext`) }],
      ["ContainerPort", "containerPort", { type: "integer", default: 0 }],
      ["ContainerPort", "protocol", { default: "TCP" }],
      ["ContainerStatus", "ready", { type: "boolean", default: false }],
      ["ResourceRequirements", "limits", {
        additionalProperties: { $ref: of("io.k8s.apimachinery.pkg.api.resource.Quantity") },
      }],
    ];
    for (const [message, field, said] of rows) {
      const property = third(`${core}.${message}`).properties[field]!;
      expect(property).toMatchObject(said);
      if (!("default" in said)) expect(property).not.toHaveProperty("default");
    }
  });

  it("says no defaults in OpenAPI 2", () => {
    expect(JSON.stringify(second(`${core}.Pod`))).not.toContain('"default"');
    expect(second(`${core}.ContainerPort`).properties["protocol"]).not.toHaveProperty("default");
  });

  it("wraps a reference in OpenAPI 3 where something stands beside it", () => {
    const $ref = `${core}.Affinity`;
    expect(third(`${core}.PodSpec`).properties["affinity"]).toEqual({
      description: "Where.",
      allOf: [{ $ref: of($ref) }],
    });
    expect(second(`${core}.PodSpec`).properties["affinity"]).toEqual({
      description: "Where.",
      $ref: `#/definitions/${$ref}`,
    });
  });

  it("says of a struct that it is atomic, and of a field that it is granular for once", () => {
    expect(third(`${core}.ObjectReference`)["x-kubernetes-map-type"]).toBe("atomic");
    expect(third(`${meta}.OwnerReference`)["x-kubernetes-map-type"]).toBe("atomic");
    expect(third(`${core}.ConfigMapEnvSource`)).not.toHaveProperty("x-kubernetes-map-type");
    expect(third(`${core}.EnvVarSource`).properties["fieldRef"]).not.toHaveProperty("x-kubernetes-map-type");
    expect(third(`${core}.PersistentVolumeSpec`).properties["claimRef"]!["x-kubernetes-map-type"]).toBe("granular");
  });

  it("says of which fields one is set", () => {
    expect(third(`${core}.SeccompProfile`)["x-kubernetes-unions"]).toEqual([
      { discriminator: "type", "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" } },
    ]);
    expect(second(`${core}.PodSchedulingGroup`)["x-kubernetes-unions"]).toEqual([
      { "fields-to-discriminateBy": { podGroupName: "PodGroupName" } },
    ]);
    expect(third(`${core}.PodSpec`)).not.toHaveProperty("x-kubernetes-unions");
  });

  it("lists allowed values where they are allowed: in the elements", () => {
    const { operations } = second("io.k8s.api.admissionregistration.v1.RuleWithOperations").properties;
    expect(operations).not.toHaveProperty("enum");
    expect(operations!["items"]).toMatchObject({ type: "string", enum: expect.arrayContaining(["CONNECT"]) });
  });

  it("gives the fields of managed fields a definition of their own", () => {
    const { $ref } = third(`${meta}.ManagedFieldsEntry`).properties["fieldsV1"]!;
    expect($ref).toBe(of(`${meta}.FieldsV1`));
    expect(third(`${meta}.FieldsV1`)).toEqual({ type: "object" });
  });
});
