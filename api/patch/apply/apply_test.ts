import { describe, expect, it } from "vitest";
import { StatusError } from "../../status.ts";
import { Held } from "./_testing.ts";

const container = (name: string, fields: Record<string, unknown> = {}) => ({ name, ...fields });
const deployment = (fields: Record<string, unknown>, ...containers: unknown[]) => ({
  spec: { ...fields, ...(containers.length > 0 ? { template: { spec: { containers } } } : {}) },
});
const configMap = (data: Record<string, unknown>) => ({ data });

function refusal(work: () => unknown): StatusError {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("an applied configuration", () => {
  it("is its manager's, and nothing more when it is applied again", () => {
    const held = new Held("v1", "ConfigMap");
    held.apply("a", configMap({ x: "1" }));
    const { object, records } = held;
    held.apply("a", configMap({ x: "1" }));
    expect(held.object).toEqual(object);
    expect(held.records).toEqual(records);
    expect(held.fieldsOf("a")).toEqual({ "f:data": { "f:x": {} } });
  });

  it("owns what Go writes as null in what is made, and not what it leaves out", () => {
    const held = new Held("storage.k8s.io/v1", "CSINode");
    held.update("a", () => ({ spec: { drivers: [{ name: "d", nodeID: "n" }] } }));
    const driver = { ".": {}, "f:name": {}, "f:nodeID": {}, "f:topologyKeys": {} };
    expect(held.fieldsOf("a")).toEqual({ "f:spec": { "f:drivers": { 'k:{"name":"d"}': driver } } });
    const pod = new Held("v1", "Pod");
    pod.update("a", () => ({ status: { conditions: [{ type: "Ready", status: "True" }] } }));
    const condition = { ".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {} };
    expect(pod.fieldsOf("a")).toEqual({ "f:status": { "f:conditions": { ".": {}, 'k:{"type":"Ready"}': condition } } });
  });

  it("owns what has any form as a whole", () => {
    const held = new Held("apps/v1", "ControllerRevision");
    held.update("a", () => ({ data: { spec: { x: 1 } } }));
    expect(held.fieldsOf("a")).toEqual({ "f:data": {} });
    held.update("b", (object) => ({ ...object, data: { spec: { x: 2 } } }));
    expect(held.fieldsOf("b")).toEqual({ "f:data": {} });
    expect(held.fieldsOf("a")).toBe(undefined);
  });

  it("loses what is applied no more, unless someone else owns it", () => {
    const held = new Held("v1", "ConfigMap");
    held.apply("a", configMap({ x: "1", y: "2", z: "3" }));
    held.apply("b", configMap({ y: "2" }));
    held.update("c", (object) => ({ ...object, data: { ...object["data"] as object, free: "4", z: "5" } }));
    held.apply("a", configMap({ x: "1" }));
    // y is b's, z became c's, free was never a's.
    expect(held.object).toEqual(configMap({ x: "1", y: "2", z: "5", free: "4" }));
    expect(held.fieldsOf("b")).toEqual({ "f:data": { "f:y": {} } });
    expect(held.fieldsOf("c")).toEqual({ "f:data": { "f:free": {}, "f:z": {} } });
  });

  it("leaves defaults alone, which nobody owns", () => {
    const held = new Held("apps/v1", "Deployment");
    held.apply("a", deployment({ replicas: 1 }, container("c", { image: "i" })));
    // As the server does it, after the managers are known.
    held.object = deployment(
      { replicas: 1, revisionHistoryLimit: 10 },
      container("c", { image: "i", imagePullPolicy: "Always" }),
    );
    held.apply("a", deployment({}, container("c", { image: "j" })));
    expect(held.object).toEqual(
      deployment({ revisionHistoryLimit: 10 }, container("c", { image: "j", imagePullPolicy: "Always" })),
    );
  });

  it("takes a container away that it had, with what others set in it", () => {
    const held = new Held("apps/v1", "Deployment");
    held.apply("a", deployment({}, container("c", { image: "i" }), container("d", { image: "i" })));
    held.object = deployment({}, container("c", { image: "i" }), container("d", { image: "i", tty: true }));
    held.apply("a", deployment({}, container("c", { image: "i" })));
    expect(held.object).toEqual(deployment({}, container("c", { image: "i" })));
  });

  it("tells elements apart by keys that have defaults", () => {
    const held = new Held("v1", "Service");
    const ports = (...ports: unknown[]) => ({ spec: { ports } });
    held.apply("a", ports({ port: 53 }, { port: 53, protocol: "UDP" }));
    held.object = ports({ port: 53, protocol: "TCP", targetPort: 53 }, { port: 53, protocol: "UDP" });
    held.apply("a", ports({ port: 53, protocol: "TCP" }));
    expect(held.object).toEqual(ports({ port: 53, protocol: "TCP", targetPort: 53 }));
    expect(held.fieldsOf("a")).toEqual({
      "f:spec": {
        "f:ports": { 'k:{"port":53,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:protocol": {} } },
      },
    });
  });

  it("owns atomic lists, maps and structs as a whole", () => {
    const held = new Held("v1", "Service");
    held.apply("a", { spec: { selector: { app: "x" }, externalIPs: ["1.1.1.1"], loadBalancerSourceRanges: ["1/8"] } });
    expect(held.fieldsOf("a")).toEqual({
      "f:spec": { "f:selector": {}, "f:externalIPs": {}, "f:loadBalancerSourceRanges": {} },
    });
    expect(refusal(() => held.apply("b", { spec: { selector: { tier: "y" } } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "a": .spec.selector',
    );
    held.apply("b", { spec: { selector: { tier: "y" } } }, true);
    expect(held.object).toMatchObject({ spec: { selector: { tier: "y" } } });
    expect(held.fieldsOf("a")).toEqual({ "f:spec": { "f:externalIPs": {}, "f:loadBalancerSourceRanges": {} } });
  });

  it("shares the elements of a set", () => {
    const held = new Held("v1", "Pod");
    const finalizers = (...finalizers: string[]) => ({ metadata: { finalizers } });
    held.apply("a", finalizers("x.io/a", "x.io/both"));
    held.apply("b", finalizers("x.io/both", "x.io/b"));
    expect(held.object).toEqual(finalizers("x.io/a", "x.io/both", "x.io/b"));
    held.apply("a", finalizers());
    expect(held.object).toEqual(finalizers("x.io/both", "x.io/b"));
  });

  it("puts lists into its order, and leaves the elements of others near where they were", () => {
    const held = new Held("apps/v1", "Deployment");
    const names = () =>
      (held.object as { spec: { template: { spec: { containers: { name: string }[] } } } }).spec.template.spec
        .containers
        .map(({ name }) => name).join("");
    held.apply("a", deployment({}, container("a"), container("b"), container("c")));
    held.apply("other", deployment({}, container("x"), container("b")));
    expect(names()).toBe("axbc");
    held.apply("a", deployment({}, container("c"), container("a"), container("b")));
    expect(names()).toBe("xcab");
  });

  it("sets empty values and nulls as it says", () => {
    const held = new Held("apps/v1", "Deployment");
    const env = (value: string) => deployment({}, container("c", { env: [{ name: "E", value }] }));
    held.apply("a", env("x"));
    held.apply("a", env(""));
    expect(held.object).toEqual(deployment({}, container("c", { env: [{ name: "E" }] })));
    held.apply("a", deployment({ paused: null }, container("c")));
    expect(held.object).toEqual(deployment({}, container("c")));
    expect(held.fieldsOf("a")).toMatchObject({ "f:spec": { "f:paused": {} } });
  });

  it("keeps quantities in one form, so that equal ones are no conflict", () => {
    const held = new Held("apps/v1", "Deployment");
    const cpu = (cpu: unknown) => deployment({}, container("c", { resources: { requests: { cpu } } }));
    held.apply("a", cpu("1000m"));
    expect(held.object).toEqual(cpu("1"));
    held.apply("b", cpu(1));
    expect(held.records).toHaveLength(2);
  });
});

describe("a conflict", () => {
  it("names managers and fields in upstream's words", () => {
    const held = new Held("apps/v1", "Deployment");
    held.apply("applier", deployment({}, container("c", { image: "i" })));
    held.update("kubectl-client-side-apply", (object) => ({ spec: { ...object["spec"] as object, replicas: 3 } }));
    const one = refusal(() => held.apply("b", deployment({ replicas: 1 })));
    expect(one.status).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      reason: "Conflict",
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
      details: {
        causes: [{
          reason: "FieldManagerConflict",
          message: 'conflict with "kubectl-client-side-apply" using apps/v1',
          field: ".spec.replicas",
        }],
      },
    });
    const two = refusal(() => held.apply("b", deployment({ replicas: 1 }, container("c", { image: "j" }))));
    expect(two.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "applier":\n- .spec.template.spec.containers[name="c"].image\n' +
        'conflicts with "kubectl-client-side-apply" using apps/v1:\n- .spec.replicas',
    );
  });

  it("changes nothing; force takes the fields over", () => {
    const held = new Held("v1", "ConfigMap");
    held.apply("a", configMap({ x: "1", y: "1" }));
    const { object, records } = held;
    refusal(() => held.apply("b", configMap({ x: "2" })));
    expect([held.object, held.records]).toEqual([object, records]);
    held.apply("b", configMap({ x: "2" }), true);
    expect(held.object).toEqual(configMap({ x: "2", y: "1" }));
    expect(held.fieldsOf("a")).toEqual({ "f:data": { "f:y": {} } });
  });

  it("is none with a value that is the same", () => {
    const held = new Held("v1", "ConfigMap");
    held.apply("a", configMap({ x: "1" }));
    held.apply("b", configMap({ x: "1" }));
    held.apply("a", {});
    expect(held.object).toEqual(configMap({ x: "1" }));
    // Only its applier's time is known: it changed nothing.
    expect(held.records).toMatchObject([{ manager: "b", time: undefined }]);
  });
});

describe("an update", () => {
  it("gives its manager what it changed, takes it from others, and forgets what is gone", () => {
    const held = new Held("v1", "ConfigMap");
    held.update("creator", () => configMap({ x: "1", y: "2" }));
    expect(held.fieldsOf("creator")).toEqual({ "f:data": { ".": {}, "f:x": {}, "f:y": {} } });
    held.update("editor", () => configMap({ x: "9", z: "3" }));
    expect(held.fieldsOf("creator")).toEqual({ "f:data": {} });
    expect(held.fieldsOf("editor")).toEqual({ "f:data": { "f:x": {}, "f:z": {} } });
  });

  it("does not count fields that the server alone sets, nor Go's empty structs", () => {
    const held = new Held("apps/v1", "Deployment");
    held.update("creator", () => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x", namespace: "y", creationTimestamp: "2026-01-01T00:00:00Z", labels: { a: "b" } },
      spec: { strategy: {}, template: { metadata: {}, spec: { containers: [{ name: "c", resources: {} }] } } },
      status: {},
    }));
    expect(held.fieldsOf("creator")).toEqual({
      "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
      "f:spec": {
        "f:template": {
          "f:spec": { "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:name": {}, "f:resources": {} } } },
        },
      },
    });
  });

  it("puts the oldest of more than ten managers together", () => {
    const held = new Held("v1", "ConfigMap");
    for (let i = 0; i < 14; i++) {
      held.update(`m${i}`, (object) => configMap({ ...object["data"] as object, [`k${i}`]: "v" }));
    }
    const managers = held.records.map(({ manager }) => manager);
    expect(managers).toHaveLength(10);
    expect(managers[0]).toBe("ancient-changes");
    expect(managers.at(-1)).toBe("m13");
    expect(held.fieldsOf("ancient-changes")).toEqual({
      "f:data": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {}, "f:k3": {}, "f:k4": {} },
    });
  });

  it("of an object that is not tracked tracks nothing; its first apply does", () => {
    const held = new Held("v1", "ConfigMap");
    held.object = configMap({ x: "1" });
    held.update("editor", () => configMap({ x: "2" }));
    expect(held.records).toEqual([]);
    expect(refusal(() => held.apply("a", configMap({ x: "3" }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
    );
    held.apply("a", configMap({ y: "1" }));
    expect(held.records.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
      "a Apply",
      "before-first-apply Update",
    ]);
  });
});

describe("a configuration that is not of its type", () => {
  const cases: [what: string, config: Record<string, unknown>, message: string][] = [
    ["an unknown field", { spec: { replicass: 1 } }, ".spec.replicass: field not declared in schema"],
    ["a wrong type", { spec: { replicas: "1" } }, '.spec.replicas: expected numeric (int or float), got "1"'],
    ["no map", { spec: [] }, ".spec: expected map, got list"],
    [
      "an unknown field in a list",
      deployment({}, container("c", { imag: "x" })),
      '.spec.template.spec.containers[name="c"].imag: field not declared in schema',
    ],
    [
      "an element twice",
      deployment({}, container("c"), container("c")),
      '.spec.template.spec.containers: duplicate entries for key [name="c"]',
    ],
  ];
  for (const [what, config, message] of cases) {
    it(`is refused for ${what}`, () => {
      const error = refusal(() =>
        new Held("apps/v1", "Deployment").apply("a", {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "x", namespace: "n" },
          ...config,
        })
      );
      expect(error.code).toBe(400);
      expect(error.message).toBe(
        `failed to create typed patch object (n/x; apps/v1, Kind=Deployment): ${message}`,
      );
    });
  }

  it("is refused when it brings managers along, or is no object", () => {
    const held = new Held("v1", "ConfigMap");
    expect(refusal(() => held.apply("a", { metadata: { managedFields: [] } })).message).toBe(
      "metadata.managedFields must be nil",
    );
    expect(refusal(() => held.apply("a", [] as unknown as Record<string, unknown>)).code).toBe(400);
  });
});

describe("kubectl's server-side apply over its client-side one", () => {
  const annotation = "kubectl.kubernetes.io/last-applied-configuration";
  const applied = (data: Record<string, string>) => ({ apiVersion: "v1", kind: "ConfigMap", data });

  it("takes over what was applied, but not what others changed since", () => {
    const held = new Held("v1", "ConfigMap");
    const config = applied({ x: "1", y: "1" });
    held.update("kubectl-client-side-apply", () => ({
      ...config,
      metadata: { annotations: { [annotation]: JSON.stringify(config) } },
    }));
    held.apply("kubectl", applied({ x: "2", y: "1" }));
    const text = '{"apiVersion":"v1","data":{"x":"2","y":"1"},"kind":"ConfigMap"}';
    expect(held.object).toEqual({
      ...applied({ x: "2", y: "1" }),
      metadata: { annotations: { [annotation]: `${text}\n` } },
    });
    held.update("editor", (object) => ({ ...object, data: { x: "2", y: "edited" } }));
    expect(refusal(() => held.apply("kubectl", applied({ x: "3", y: "2" }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "editor" using v1: .data.y',
    );
    expect(refusal(() => held.apply("another", applied({ y: "3" }))).code).toBe(409);
  });
});
