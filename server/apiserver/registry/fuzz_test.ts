import { describe, expect, it } from "vitest";
import { checkValue } from "../../../api/codec/check.ts";
import { type SeededRandom, seededRandom } from "../../../api/meta/_seeded_random.ts";
import { apiVersionOf, type KubeObject } from "../../../api/resource.ts";
import type { FieldSchema, FieldType, MessageSchema } from "../../../api/schema/contract.ts";
import { schema } from "../../../api/schema/schema.ts";
import { StatusError } from "../../../api/status.ts";
import type { Entry, ResourceStore } from "../contract.ts";
import { completeObject } from "../managed_fields.ts";
import { context, copyOf, plain, TestRegistry } from "./_testing.ts";

type Json = Record<string, unknown>;

const texts = [
  // What every object of the language has, and no map of ours must find.
  "constructor",
  "__proto__",
  "a",
  "a-b",
  "main",
  "x/y",
  "Not OK",
  "",
  "10.43.0.7",
  "None",
  "0",
  "1Gi",
  "\u{1f600}",
  "/tmp",
  "*/5 * * * *",
];
const numbers = [0, 1, -1, 80, 30_000, 70_000, 2 ** 31 - 1];

/** What a client may send that knows the types and nothing else. */
function randomMessage(message: MessageSchema, random: SeededRandom, depth: number): Json {
  const object: Json = {};
  const share = depth < 2 ? 0.6 : 0.25;
  for (const field of message.fields.values()) {
    if (field.name === "metadata" || random.next() > (field.required ? 0.9 : share)) continue;
    object[field.name] = randomValue(field.type, field, random, depth);
  }
  return object;
}

function randomValue(type: FieldType, field: FieldSchema, random: SeededRandom, depth: number): unknown {
  if (type.is === "message") {
    return depth > 7 ? {} : randomMessage(schema.message(type.message), random, depth + 1);
  }
  if (type.is === "list") {
    return Array.from({ length: random.below(3) }, () => randomValue(type.of, field, random, depth));
  }
  if (type.is === "map") return { [random.pick(texts)]: randomValue(type.of, field, random, depth) };
  switch (type.scalar) {
    case "bool":
      return random.next() < 0.5;
    case "int32":
    case "int64":
    case "double":
      return random.pick(numbers);
    case "intOrString":
      return random.pick<unknown>([...numbers, "25%", "http", ""]);
    case "quantity":
      return random.pick(["0", "1", "100m", "1Gi", "-1"]);
    case "time":
    case "microTime":
      return "2026-01-02T03:04:05Z";
    case "duration":
      return "1h0m0s";
    case "bytes":
      return random.pick(["", "YQ=="]);
    case "raw":
      return { any: [1, "x"] };
    default:
      return random.pick(field.enum && random.next() < 0.8 ? field.enum : texts);
  }
}

/** Undefined for a refusal. Throws for anything that is not the client's fault. */
async function attempt(seed: string, work: () => Promise<Entry>): Promise<Entry | undefined> {
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof StatusError && (error.code < 500 || error.message.includes("is full"));
    if (refusal) return undefined;
    throw new Error(`${seed}: not a refusal: ${error}`, { cause: error });
  }
}

function expectSound(seed: string, store: ResourceStore, entry: Entry): void {
  const { kind } = store.row;
  const checked = checkValue(entry.object, schema.ofKind(apiVersionOf(store.row), kind), schema);
  expect({ seed, wrong: checked.wrong, unknown: checked.unknown }).toEqual({ seed, wrong: [], unknown: [] });
  expect({ seed, object: JSON.parse(entry.json()) }).toEqual({ seed, object: completeObject(entry) });
}

describe("whatever is sent", () => {
  it("is stored soundly or refused by a Status, never half", async () => {
    const random = seededRandom();
    await using test = await TestRegistry.open();
    let stored = 0;
    for (const row of test.registry.resources()) {
      if (!row.verbs.includes("update")) continue;
      const store = test.registry.store(row.group, row.version, row.resource)!;
      const message = schema.ofKind(apiVersionOf(row), row.kind)!;
      for (let round = 0; round < 25; round++) {
        const seed = `seed ${random.seed}, ${row.resource} ${round}`;
        const namespace = row.namespaced ? "default" : "";
        const name = `x${round}`;
        // As the edge hands it on: of the right types, canonical.
        const sent = () => {
          const { value } = checkValue(randomMessage(message, random, 0), message, schema);
          return { ...value as Json, metadata: { name, ...(row.namespaced ? { namespace } : {}) } } as KubeObject;
        };
        const made = await attempt(seed, () => store.create(context, { namespace, object: sent(), options: plain }));
        if (made === undefined) continue;
        stored++;
        expectSound(seed, store, made);
        const same = await attempt(seed, async () => {
          const object = copyOf(made.object);
          return (await store.update(context, { namespace, name, object, options: plain })).entry;
        });
        // What was accepted once is accepted again, and is the same.
        expect({ seed, revision: same?.revision }).toEqual({ seed, revision: made.revision });
        for (const subresource of ["", ...row.subresources.map((subresource) => subresource.name)]) {
          if (subresource !== "" && !["status", "approval", "finalize", "resize"].includes(subresource)) continue;
          const changed = await attempt(seed, async () => {
            const object = { ...sent(), metadata: { ...made.object.metadata, resourceVersion: "" } };
            return (await store.update(context, { namespace, name, subresource, object, options: plain })).entry;
          });
          if (changed) expectSound(seed, store, changed);
        }
        const options = { dryRun: false, gracePeriodSeconds: 0 };
        await attempt(seed, async () => (await store.delete(context, { namespace, name, options })).entry);
      }
    }
    expect(stored).toBeGreaterThan(300);
  });
});

const notMutated: ReadonlySet<string> = new Set(["metadata", "status", "kind", "apiVersion"]);

/** Changes one thing somewhere in the object. */
function mutate(message: MessageSchema, object: Json, random: SeededRandom): void {
  const field = random.pick([...message.fields.values()].filter(({ name }) => !notMutated.has(name)));
  const found = object[field.name];
  const below = field.type.is === "list" ? field.type.of : field.type;
  const inner = Array.isArray(found) ? random.pick([...found, undefined]) : found;
  if (below.is === "message" && typeof inner === "object" && random.next() < 0.85) {
    return mutate(schema.message(below.message), inner as Json, random);
  }
  if (random.next() < 0.2) delete object[field.name];
  else object[field.name] = randomValue(field.type, field, random, 5);
}

const podSpec = {
  containers: [{
    name: "main",
    image: "busybox",
    ports: [{ name: "http", containerPort: 80 }],
    env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    volumeMounts: [{ name: "v", mountPath: "/v" }],
    readinessProbe: { httpGet: { port: "http" } },
    resources: { requests: { cpu: "1" }, limits: { cpu: "2" } },
    lifecycle: { preStop: { exec: { command: ["true"] } } },
  }],
  initContainers: [{ name: "init", image: "busybox" }],
  volumes: [{ name: "v", projected: { sources: [{ configMap: { name: "c" } }] } }],
  tolerations: [{ key: "a", operator: "Exists" }],
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", labelSelector: {} }],
    },
  },
};
const template = { metadata: { labels: { app: "a" } }, spec: podSpec };
const selector = { matchLabels: { app: "a" } };
const samples: Readonly<Record<string, Json>> = {
  "/v1/pods": { spec: podSpec },
  "/v1/services": { spec: { type: "NodePort", ports: [{ name: "a", port: 80 }, { name: "b", port: 81 }] } },
  "/v1/configmaps": { data: { a: "b" } },
  "/v1/nodes": { spec: { taints: [{ key: "a", effect: "NoSchedule" }], podCIDR: "10.42.0.0/24" } },
  "/v1/persistentvolumes": {
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } },
  },
  "apps/v1/deployments": { spec: { selector, template } },
  "apps/v1/statefulsets": {
    spec: {
      selector,
      template,
      volumeClaimTemplates: [{
        metadata: { name: "c" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      }],
    },
  },
  "apps/v1/daemonsets": { spec: { selector, template } },
  "batch/v1/jobs": { spec: { template: { ...template, spec: { ...podSpec, restartPolicy: "Never" } } } },
  "networking.k8s.io/v1/networkpolicies": {
    spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] },
  },
  "networking.k8s.io/v1/ingresses": {
    spec: {
      rules: [{
        http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "a", port: { number: 1 } } } }] },
      }],
    },
  },
  "autoscaling/v1/horizontalpodautoscalers": {
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" } },
  },
};

const anything: readonly unknown[] = [null, "", "x", 0, -1, 1.5, true, [], {}, [null], [[1]], [{}, {}], { "": {} }, {
  name: { name: [] },
}];

/** Puts something of any type anywhere, or nothing. */
function spoilt(value: unknown, random: SeededRandom): unknown {
  if (random.below(8) === 0) return random.pick(anything);
  if (typeof value !== "object" || value === null) return value;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  const key = random.pick([...Object.keys(copy), "__proto__", "constructor", "x"]);
  const below = Object.hasOwn(copy, key) ? spoilt(copy[key], random) : random.pick(anything);
  Object.defineProperty(copy, key, { value: below, enumerable: true, configurable: true, writable: true });
  return copy;
}

describe("a good object with something else in one place", () => {
  for (const [resource, sample] of Object.entries(samples)) {
    it(`is stored soundly or refused: ${resource}`, async () => {
      const random = seededRandom();
      await using test = await TestRegistry.open();
      const [group = "", version = "", name = ""] = resource.split("/");
      const store = test.registry.store(group, version, name)!;
      const { row } = store;
      const message = schema.ofKind(apiVersionOf(row), row.kind)!;
      const namespace = row.namespaced ? "default" : "";
      const target = (name: string) => ({ name, ...(row.namespaced ? { namespace } : {}) });
      const good = await store.create(context, {
        namespace,
        object: { metadata: target("good"), ...structuredClone(sample) },
        options: plain,
      });
      const changed = () => {
        const object = structuredClone(good.object) as unknown as Json;
        mutate(message, object, random);
        return checkValue(object, message, schema).value as KubeObject;
      };
      let stored = 0;
      for (let round = 0; round < 150; round++) {
        const seed = `seed ${random.seed}, ${resource} ${round}`;
        const options = { ...plain, dryRun: true };
        const object = changed();
        const created = await attempt(
          seed,
          () => store.create(context, { namespace, object: { ...object, metadata: target("other") }, options }),
        );
        if (created) expectSound(seed, store, created);
        const updated = await attempt(
          seed,
          async () => (await store.update(context, { namespace, name: "good", object, options })).entry,
        );
        if (updated) expectSound(seed, store, updated);
        const { apiVersion, kind } = good.object;
        const config = { ...object, apiVersion, kind, metadata: target("good") };
        const patch = JSON.parse(JSON.stringify(spoilt(config, random)));
        const applied = await attempt(seed, async () => {
          const request = {
            namespace,
            name: "good",
            type: "apply",
            patch,
            options: { ...options, force: true },
          } as const;
          return (await store.patch(context, request)).entry;
        });
        if (applied) expectSound(seed, store, applied);
        if (created || updated) stored++;
      }
      expect(stored).toBeGreaterThan(10);
    });
  }
});
