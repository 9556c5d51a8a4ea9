import {
  apply,
  asked,
  configMap,
  configMaps,
  deployment,
  deployments,
  get,
  NAME,
  patch,
  put,
  type Script,
  service,
  services,
} from "./script.ts";
import type { Request } from "../sides.ts";

type Json = Record<string, unknown>;
type Random = () => number;

const managers = ["a", "b", "c"];
const STEPS = 14;

/** A kind whose objects are made up: `part` has some of its fields, `whole` is valid by itself. */
interface Made {
  readonly collection: string;
  readonly apiVersion: string;
  readonly kind: string;
  part(random: Random): Json;
  whole(part: Json): Json;
}

const pick = <T>(random: Random, of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
const maybe = (random: Random, key: string, value: unknown): Json => random() < 0.5 ? { [key]: value } : {};
const text = (random: Random) => String(Math.floor(random() * 3));

function labels(random: Random): Json {
  return { ...maybe(random, "x", text(random)), ...maybe(random, "y", text(random)) };
}

function container(random: Random, name: string): Json {
  return {
    name,
    image: `image-${text(random)}`,
    ...maybe(
      random,
      "env",
      ["A", "B", "C"].filter(() => random() < 0.5).map((name) => ({ name, value: text(random) })),
    ),
    ...maybe(
      random,
      "ports",
      [80, 81].filter(() => random() < 0.5).map((containerPort) => ({
        containerPort,
        ...maybe(random, "protocol", pick(random, ["TCP", "UDP"])),
      })),
    ),
    ...maybe(random, "command", [text(random)]),
    ...maybe(random, "resources", {
      requests: { ...maybe(random, "cpu", pick(random, ["1", "2"])), ...maybe(random, "memory", "1Gi") },
    }),
  };
}

const kinds: readonly Made[] = [
  {
    collection: configMaps,
    apiVersion: "v1",
    kind: "ConfigMap",
    part: (random) => ({
      metadata: {
        ...maybe(random, "labels", labels(random)),
        ...maybe(random, "finalizers", ["x.io/a", "x.io/b"].filter(() => random() < 0.5)),
      },
      ...maybe(
        random,
        "data",
        Object.fromEntries(["a", "b", "c", "d"].filter(() => random() < 0.5).map((key) => [key, text(random)])),
      ),
      ...maybe(random, "binaryData", { z: pick(random, ["YQ==", "Yg=="]) }),
    }),
    whole: (part) => ({ ...configMap({}), ...part }),
  },
  {
    collection: deployments,
    apiVersion: "apps/v1",
    kind: "Deployment",
    part: (random) => ({
      metadata: maybe(random, "labels", labels(random)),
      spec: {
        ...maybe(random, "replicas", Math.floor(random() * 3)),
        ...maybe(
          random,
          "strategy",
          pick(random, [{ type: "Recreate" }, { type: "RollingUpdate" }, {
            rollingUpdate: { maxSurge: pick(random, [1, "10%"]) },
          }]),
        ),
        template: {
          ...maybe(random, "metadata", { labels: { app: "a", ...labels(random) } }),
          spec: {
            ...maybe(
              random,
              "containers",
              ["main", "side", "third"].filter(() => random() < 0.5).map((name) => container(random, name)),
            ),
            ...maybe(random, "nodeSelector", labels(random)),
            ...maybe(random, "tolerations", [{ key: text(random), operator: "Exists" }]),
            ...maybe(
              random,
              "volumes",
              ["v", "w"].filter(() => random() < 0.5).map((name) => ({
                name,
                ...pick(random, [{ emptyDir: {} }, { hostPath: { path: "/x" } }]),
              })),
            ),
          },
        },
      },
    }),
    whole(part) {
      const whole = deployment() as { spec: { template: { metadata: Json; spec: Json } } };
      const { spec, metadata } = part as { metadata: Json; spec: { template: { metadata?: Json; spec: Json } } };
      const { template, ...rest } = spec;
      const containers = (template.spec["containers"] as unknown[] | undefined)?.length
        ? {}
        : { containers: [{ name: "main", image: "i" }] };
      return {
        ...whole,
        metadata: { name: NAME, ...metadata },
        spec: {
          selector: { matchLabels: { app: "a" } },
          ...rest,
          template: {
            metadata: template.metadata ?? { labels: { app: "a" } },
            spec: { ...template.spec, ...containers },
          },
        },
      };
    },
  },
  {
    collection: services,
    apiVersion: "v1",
    kind: "Service",
    part: (random) => ({
      metadata: maybe(random, "annotations", labels(random)),
      spec: {
        ...maybe(
          random,
          "ports",
          [80, 81].filter(() => random() < 0.6).map((port) => ({
            port,
            name: `p${port}`,
            ...maybe(random, "protocol", "TCP"),
            ...maybe(random, "targetPort", pick(random, [8, "web"])),
          })),
        ),
        ...maybe(random, "selector", labels(random)),
        ...maybe(random, "sessionAffinity", pick(random, ["ClientIP", "None"])),
      },
    }),
    whole(part) {
      const { spec } = service() as { spec: Json };
      const own = part["spec"] as Json;
      const ports = (own["ports"] as unknown[] | undefined)?.length ? {} : { ports: spec["ports"] };
      return { ...service(), metadata: { name: NAME, ...part["metadata"] as Json }, spec: { ...own, ...ports } };
    },
  },
];

/** Writes of one object by three managers that apply, replace and patch it, as chance has it. */
export function randomApplies(count: number, random: Random): Script[] {
  return Array.from({ length: count }, (_, index) => {
    const made = kinds[index % kinds.length]!;
    const object = `${made.collection}/${NAME}`;
    return {
      of: `random/${made.kind}`,
      steps: [
        apply(object, "a", { ...made.whole(made.part(random)) }),
        ...Array.from({ length: STEPS }, () => stepOf(made, object, random)),
        get(object),
      ],
    };
  });
}

function stepOf(made: Made, object: string, random: Random): Request {
  const manager = pick(random, managers);
  const part = made.part(random);
  const chance = random();
  const metadata = { name: NAME, ...part["metadata"] as Json };
  if (chance < 0.6) {
    const force = chance < 0.3 ? "&force=true" : "";
    return apply(object, manager, { apiVersion: made.apiVersion, kind: made.kind, ...part, metadata }, force);
  }
  const path = asked(object, `fieldManager=${manager}`);
  if (chance < 0.8) return put(path, made.whole(part));
  return patch(pick(random, ["merge", "strategic"]), path, part);
}
