import { describe, expect, it } from "vitest";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { configmaps, deployments, horizontalpodautoscalers, namespaces, pods } from "../../../api/resources.ts";
import { StatusError } from "../../../api/status.ts";
import type { ManagedFieldsEntry } from "../../../api/types/meta_v1.ts";
import type { Entry, PatchRequest, WriteOptions } from "../contract.ts";
import { completeObject } from "../managed_fields.ts";
import { context, minimalPod, plain, TestRegistry } from "./_testing.ts";

const namespace = "default";

type Written = { readonly entry: Entry; readonly created: boolean };

function patch(
  test: TestRegistry,
  resource: Resource,
  config: unknown,
  { manager = "applier", name = "x", type = "apply" as PatchRequest["type"], subresource = "", ...options }:
    & Partial<WriteOptions>
    & { manager?: string; name?: string; type?: PatchRequest["type"]; subresource?: string } = {},
): Promise<Written> {
  return test.store(resource).patch(context, {
    namespace: resource.namespaced ? namespace : "",
    name,
    type,
    patch: config,
    options: { ...plain, fieldManager: manager, ...options },
    ...(subresource === "" ? {} : { subresource }),
  });
}

function managers({ entry }: { readonly entry: Entry }): string[] {
  return (completeObject(entry).metadata.managedFields ?? []).map(({ manager, operation, subresource, apiVersion }) =>
    `${manager} ${operation} ${apiVersion}${subresource ? ` ${subresource}` : ""}`
  );
}

function fieldsOf({ entry }: { readonly entry: Entry }, manager: string): unknown {
  return completeObject(entry).metadata.managedFields?.find((managed) => managed.manager === manager)?.fieldsV1;
}

async function refusal(work: Promise<unknown>): Promise<StatusError> {
  const error = await work.then(() => undefined, (error) => error);
  if (error instanceof StatusError) return error;
  throw new Error(`not refused: ${error}`);
}

const configMap = (data: Record<string, string>, metadata: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "x", ...metadata },
  data,
});

const deployment = (spec: Record<string, unknown> = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "x" },
  spec: {
    selector: { matchLabels: { app: "x" } },
    template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    ...spec,
  },
});

describe("apply", () => {
  it("creates an object that is not there, and writes nothing when nothing changes", async () => {
    await using test = await TestRegistry.open();
    const first = await patch(test, deployments, deployment());
    expect(first.created).toBe(true);
    expect(first.entry.object).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 } });
    expect(managers(first)).toEqual(["applier Apply apps/v1"]);
    test.clock.advance(5_000);
    const second = await patch(test, deployments, deployment());
    expect(second.created).toBe(false);
    expect(second.entry).toBe(await test.store(deployments).get(context, { namespace, name: "x" }));
    expect(second.entry.revision).toBe(first.entry.revision);
  });

  it("writes nothing either when what is applied is stored in another form", async () => {
    await using test = await TestRegistry.open();
    const container = {
      name: "c",
      image: "i",
      env: [{ name: "E", value: "" }],
      resources: { requests: { cpu: "1000m", memory: "1024Mi" } },
    };
    const config = deployment({
      strategy: {},
      paused: false,
      template: {
        metadata: { labels: { app: "x" }, annotations: {}, creationTimestamp: null },
        spec: { containers: [container], hostNetwork: false, nodeName: "", volumes: [], securityContext: {} },
      },
    });
    const whole = { ...config, metadata: { name: "x", creationTimestamp: null }, status: {} };
    const { entry } = await patch(test, deployments, whole);
    test.clock.advance(5_000);
    expect((await patch(test, deployments, whole)).entry.revision).toBe(entry.revision);
  });

  it("removes what is applied no more; the default takes its place", async () => {
    await using test = await TestRegistry.open();
    await patch(test, deployments, deployment({ replicas: 3, paused: true }));
    const { entry } = await patch(test, deployments, deployment());
    expect(entry.object).toMatchObject({ spec: { replicas: 1 }, metadata: { generation: 2 } });
    expect((entry.object as unknown as { spec: object }).spec).not.toHaveProperty("paused");
  });

  it("tries nothing on a dry run", async () => {
    await using test = await TestRegistry.open();
    const dry = await patch(test, configmaps, configMap({ a: "1" }), { dryRun: true });
    expect(dry.created).toBe(true);
    expect(managers(dry)).toEqual(["applier Apply v1"]);
    const absent = await refusal(test.store(configmaps).get(context, { namespace, name: "x" }));
    expect(absent.code).toBe(404);
    await patch(test, configmaps, configMap({ a: "1" }));
    const changed = await patch(test, configmaps, configMap({ a: "2" }), { dryRun: true });
    expect(changed.entry.object).toMatchObject({ data: { a: "2" } });
    expect((await test.store(configmaps).get(context, { namespace, name: "x" })).object).toMatchObject({
      data: { a: "1" },
    });
  });

  it("asks before it creates whether the user may", async () => {
    await using test = await TestRegistry.open();
    const request: PatchRequest = {
      namespace,
      name: "x",
      type: "apply",
      patch: configMap({ a: "1" }),
      options: plain,
      mayCreate: () => Promise.reject(new Error("may not")),
    };
    await expect(test.store(configmaps).patch(context, request)).rejects.toThrow("may not");
    await patch(test, configmaps, configMap({ a: "1" }));
    expect((await test.store(configmaps).patch(context, request)).created).toBe(false);
  });

  it("holds to the version and the identity that a configuration names", async () => {
    await using test = await TestRegistry.open();
    const uid = "11111111-1111-1111-1111-111111111111";
    const unborn = await refusal(patch(test, configmaps, configMap({}, { uid })));
    expect(unborn.message).toBe(
      `Operation cannot be fulfilled on configmaps "x": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
    const { entry } = await patch(test, configmaps, configMap({ a: "1" }, { resourceVersion: "1" }));
    const stale = configMap({ a: "2" }, { resourceVersion: String(entry.revision - 1) });
    expect((await refusal(patch(test, configmaps, stale))).message).toContain("the object has been modified");
    expect((await refusal(patch(test, configmaps, configMap({}, { uid })))).message).toContain(
      "metadata.uid: Invalid value",
    );
    const current = configMap({ a: "2" }, { resourceVersion: String(entry.revision) });
    expect((await patch(test, configmaps, current)).entry.object).toMatchObject({ data: { a: "2" } });
  });

  it("refuses other kinds, other names, and values that do not fit", async () => {
    await using test = await TestRegistry.open();
    const cases: [config: unknown, message: string][] = [
      [{ ...configMap({}), kind: "Secret" }, "invalid object type: /v1, Kind=Secret"],
      [{ ...configMap({}), apiVersion: undefined }, "invalid object type"],
      [[], "invalid object type"],
      [null, "invalid object type"],
      [configMap({}, { name: "y" }), "does not match the name on the URL"],
      [configMap({}, { namespace: "other" }), "the namespace of the provided object does not match"],
      [configMap({}, { managedFields: [] }), "metadata.managedFields must be nil"],
      [configMap({ "a/b": "1" }), 'ConfigMap "x" is invalid'],
      [{ ...configMap({}), dta: {} }, "(/x; /v1, Kind=ConfigMap): .dta: field not declared in schema"],
    ];
    for (const [config, message] of cases) {
      const error = await refusal(patch(test, configmaps, config));
      expect([error.code < 500, error.message.includes(message), error.message]).toEqual([true, true, error.message]);
    }
    expect((await refusal(patch(test, configmaps, configMap({}), { subresource: "status" }))).code).toBe(404);
  });

  it("of a status owns the status alone, and creates nothing", async () => {
    await using test = await TestRegistry.open();
    const status = (fields: Record<string, unknown>) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x", labels: { mine: "no" } },
      spec: { replicas: 9 },
      status: fields,
    });
    const asStatus = { manager: "reporter", subresource: "status" };
    expect((await refusal(patch(test, deployments, status({}), asStatus))).code).toBe(404);
    await patch(test, deployments, { ...deployment(), status: { replicas: 7 } });
    const written = await patch(test, deployments, status({ replicas: 2 }), asStatus);
    expect(written.entry.object).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 2 } });
    expect(written.entry.object.metadata.labels).toBe(undefined);
    expect(managers(written)).toEqual(["applier Apply apps/v1", "reporter Apply apps/v1 status"]);
    expect(fieldsOf(written, "reporter")).toEqual({ "f:status": { "f:replicas": {} } });
    expect(fieldsOf(written, "applier")).not.toHaveProperty("f:status");
  });

  it("of a Scale owns the object's replicas", async () => {
    await using test = await TestRegistry.open();
    await patch(test, deployments, deployment({ replicas: 2 }));
    const scale = (replicas: number) => ({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "x" },
      spec: { replicas },
    });
    const asScale = { manager: "scaler", subresource: "scale" };
    const conflict = await refusal(patch(test, deployments, scale(5), asScale));
    expect(conflict.message).toBe('Apply failed with 1 conflict: conflict with "applier": .spec.replicas');
    const scaled = await patch(test, deployments, scale(5), { ...asScale, force: true });
    expect(scaled.entry.object).toMatchObject({ kind: "Scale", spec: { replicas: 5 } });
    const entry = await test.store(deployments).get(context, { namespace, name: "x" });
    expect(entry.object).toMatchObject({ spec: { replicas: 5 } });
    expect(managers({ entry })).toContain("scaler Apply apps/v1 scale");
    expect(fieldsOf({ entry }, "scaler")).toEqual({ "f:spec": { "f:replicas": {} } });
    const back = await refusal(patch(test, deployments, deployment({ replicas: 2 })));
    expect(back.message).toContain('conflict with "scaler" with subresource "scale": .spec.replicas');
  });
});

describe("managedFields", () => {
  it("tell who created, changed and reported what, not what admission and the server added", async () => {
    await using test = await TestRegistry.open();
    const made = await test.client.create(pods, minimalPod("x"), { fieldManager: "creator" });
    test.clock.advance(1_000);
    await test.client.patch(
      pods,
      { namespace, name: "x" },
      { type: "merge", patch: { status: { phase: "Running" } } },
      {
        subresource: "status",
        fieldManager: "kubelet",
      },
    );
    const written = await patch(test, pods, { metadata: { labels: { a: "b" } } }, {
      type: "merge",
      manager: "labeller",
    });
    expect(made.metadata.managedFields).toBe(undefined);
    expect(managers(written)).toEqual(["creator Update v1", "kubelet Update v1 status", "labeller Update v1"]);
    expect(fieldsOf(written, "labeller")).toEqual({ "f:metadata": { "f:labels": { ".": {}, "f:a": {} } } });
    expect(fieldsOf(written, "kubelet")).toEqual({ "f:status": { "f:phase": {} } });
    expect(fieldsOf(written, "creator")).toEqual({
      "f:spec": {
        "f:containers": {
          'k:{"name":"main"}': {
            ".": {},
            "f:image": {},
            "f:imagePullPolicy": {},
            "f:name": {},
            "f:resources": {},
            "f:terminationMessagePath": {},
            "f:terminationMessagePolicy": {},
          },
        },
        "f:dnsPolicy": {},
        "f:enableServiceLinks": {},
        "f:restartPolicy": {},
        "f:schedulerName": {},
        "f:securityContext": {},
        "f:terminationGracePeriodSeconds": {},
      },
    });
  });

  it("stay when a client sends an object without them, or writes what it read", async () => {
    await using test = await TestRegistry.open();
    const { entry } = await patch(test, configmaps, configMap({ a: "1" }));
    const update = async (object: KubeObject) =>
      await test.store(configmaps).update(context, { namespace, name: "x", object, options: plain });
    const stripped = await update({ ...entry.object, data: { a: "1", b: "2" } } as KubeObject);
    expect(managers(stripped)).toEqual(["applier Apply v1", "test Update v1"]);
    const same = await update(completeObject(stripped.entry));
    expect(same.entry.revision).toBe(stripped.entry.revision);
    const senseless: ManagedFieldsEntry[] = [{ manager: "x", operation: "Sing", apiVersion: "v1" }];
    const kept = await update({ ...stripped.entry.object, metadata: { name: "x", managedFields: senseless } });
    expect(managers(kept)).toEqual(managers(stripped));
  });

  it("can be changed, and are forgotten when someone asks for it", async () => {
    await using test = await TestRegistry.open();
    await patch(test, configmaps, configMap({ a: "1" }));
    const [mine] = completeObject((await patch(test, configmaps, configMap({ a: "1" }))).entry).metadata.managedFields!;
    const renamed = await patch(test, configmaps, { metadata: { managedFields: [{ ...mine, manager: "other" }] } }, {
      type: "merge",
    });
    expect(managers(renamed)).toEqual(["other Apply v1"]);
    const operations = [{ op: "replace", path: "/metadata/managedFields", value: [{}] }];
    expect(managers(await patch(test, configmaps, operations, { type: "json" }))).toEqual([]);
    const untracked = await patch(test, configmaps, { data: { b: "2" } }, { type: "merge" });
    expect(managers(untracked)).toEqual([]);
    const applied = await patch(test, configmaps, configMap({ a: "1" }));
    expect(managers(applied)).toEqual(["applier Apply v1", "before-first-apply Update v1"]);
  });

  it("survive a restart and a deletion that waits", async () => {
    await using test = await TestRegistry.open();
    await patch(test, configmaps, configMap({ a: "1" }, { finalizers: ["x.io/wait"] }));
    await test.client.delete(configmaps, { namespace, name: "x" });
    await using again = await TestRegistry.open({ datastore: test.datastore });
    const entry = await again.store(configmaps).get(context, { namespace, name: "x" });
    expect(entry.object.metadata.deletionTimestamp).toBeDefined();
    expect(managers({ entry })).toEqual(["applier Apply v1"]);
  });

  it("are of the version that the manager spoke", async () => {
    await using test = await TestRegistry.open();
    const v1 = test.registry.store("autoscaling", "v1", "horizontalpodautoscalers")!;
    const apply = (patch: unknown, fieldManager: string) =>
      v1.patch(context, { namespace, name: "x", type: "apply", patch, options: { ...plain, fieldManager } });
    const autoscaler = (spec: Record<string, unknown>) => ({
      apiVersion: "autoscaling/v1",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "x" },
      spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 3, ...spec },
    });
    const first = await apply(autoscaler({ targetCPUUtilizationPercentage: 50 }), "old");
    expect(first.created).toBe(true);
    expect(first.entry.object.apiVersion).toBe("autoscaling/v1");
    expect(managers(first)).toEqual(["old Apply autoscaling/v1"]);
    const conflict = await refusal(
      patch(test, horizontalpodautoscalers, {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: "x" },
        spec: { maxReplicas: 5 },
      }),
    );
    expect(conflict.message).toBe('Apply failed with 1 conflict: conflict with "old": .spec.maxReplicas');
    const pruned = await apply(autoscaler({}), "old");
    // The default is back.
    expect(pruned.entry.object).toMatchObject({ spec: { targetCPUUtilizationPercentage: 80 } });
  });

  it("are not of those that bind and delete", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(namespaces, { metadata: { name: "other" }, spec: {} }, { fieldManager: "maker" });
    await test.client.delete(namespaces, { name: "other" });
    const entry = await test.store(namespaces).get(context, { namespace: "", name: "other" });
    expect(managers({ entry })).toEqual(["maker Update v1"]);
  });
});
