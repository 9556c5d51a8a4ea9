import { describe, expect, it } from "vitest";
import type { Container, Pod, Service } from "../../api/types/core_v1.ts";
import { environmentOf, type EnvironmentSources } from "./environment.ts";
import { expand } from "./expand.ts";
import { PodError } from "./pod_error.ts";

const kubernetes: Service = {
  metadata: { name: "kubernetes", namespace: "default" },
  spec: { clusterIP: "10.43.0.1", ports: [{ name: "https", port: 443, protocol: "TCP" }] },
};
const database: Service = {
  metadata: { name: "my-db", namespace: "apps" },
  spec: { clusterIP: "10.43.0.9", ports: [{ port: 5432 }, { name: "dns", port: 53, protocol: "UDP" }] },
};

const sources: EnvironmentSources = {
  hostIPs: ["192.0.2.1"],
  podIPs: ["10.42.0.5", "fd00::5"],
  allocatable: { cpu: "4", memory: "8Gi" },
  services: [kubernetes, database],
  configMap: (_, name) =>
    Promise.resolve(name === "settings" ? { metadata: { name }, data: { a: "1", b: "2" } } : undefined),
  secret: (_, name) =>
    Promise.resolve(name === "keys" ? { metadata: { name }, data: { k: btoa("hidden") } } : undefined),
};

function podWith(container: Partial<Container>, spec: Partial<Pod["spec"]> = {}): [Pod, Container] {
  const whole = { name: "web", ...container };
  return [{
    metadata: { name: "a", namespace: "apps", uid: "u", labels: { app: "x", tier: 'o"ne' } },
    spec: { containers: [whole], nodeName: "node1", enableServiceLinks: false, ...spec },
  }, whole];
}

async function environment(
  container: Partial<Container>,
  spec?: Partial<Pod["spec"]>,
): Promise<Record<string, string>> {
  const [pod, whole] = podWith(container, spec);
  const { KUBERNETES_SERVICE_HOST, ...all } = Object.fromEntries(await environmentOf(pod, whole, sources));
  expect(KUBERNETES_SERVICE_HOST).toBe("10.43.0.1");
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("KUBERNETES_")));
}

describe("environmentOf", () => {
  it("takes values from everywhere", async () => {
    const fieldRef = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
    expect(
      await environment({
        resources: { limits: { cpu: "1500m", memory: "64Mi" } },
        envFrom: [{ prefix: "P_", configMapRef: { name: "settings" } }, { secretRef: { name: "keys" } }],
        env: [
          { name: "NODE", ...fieldRef("spec.nodeName") },
          { name: "IPS", ...fieldRef("status.podIPs") },
          { name: "APP", ...fieldRef("metadata.labels['app']") },
          { name: "LABELS", ...fieldRef("metadata.labels") },
          { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
          { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
          { name: "REQUEST", valueFrom: { resourceFieldRef: { resource: "requests.cpu", divisor: "1m" } } },
          { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "a" } } },
          { name: "K", valueFrom: { secretKeyRef: { name: "keys", key: "k" } } },
          { name: "NONE", valueFrom: { secretKeyRef: { name: "nowhere", key: "k", optional: true } } },
        ],
      }),
    ).toEqual({
      P_a: "1",
      P_b: "2",
      k: "hidden",
      NODE: "node1",
      IPS: "10.42.0.5,fd00::5",
      APP: "x",
      LABELS: 'app="x"\ntier="o\\"ne"',
      CPU: "2",
      MEMORY: "64",
      REQUEST: "1500",
      A: "1",
      K: "hidden",
    });
  });

  it("names variables that stand before, and Services", async () => {
    const found = await environment({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "$(A)$(C)$$(A)" },
        { name: "C", value: "$(KUBERNETES_SERVICE_PORT_HTTPS)" },
      ],
    });
    expect(found).toEqual({ A: "1", B: "1$(C)$(A)", C: "443" });
  });

  it("tells of the namespace's Services when it is to", async () => {
    const found = await environment({}, { enableServiceLinks: true });
    expect(found).toMatchObject({
      MY_DB_SERVICE_HOST: "10.43.0.9",
      MY_DB_SERVICE_PORT: "5432",
      MY_DB_SERVICE_PORT_DNS: "53",
      MY_DB_PORT: "tcp://10.43.0.9:5432",
      MY_DB_PORT_53_UDP_PROTO: "udp",
    });
  });

  it.each([
    [
      { env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "settings", key: "z" } } }] },
      "key z in ConfigMap apps/settings",
    ],
    [{ envFrom: [{ secretRef: { name: "nowhere" } }] }, 'secret "nowhere" not found'],
    [{ env: [{ name: "X", valueFrom: { fieldRef: { fieldPath: "spec.colour" } } }] }, '"spec.colour" is not supported'],
    [{ env: [{ name: "X", valueFrom: { resourceFieldRef: { resource: "cpu" } } }] }, '"cpu" is not of the form'],
  ] as [Partial<Container>, string][])("says what is missing", async ([container, message]) => {
    const [pod, whole] = podWith(container);
    const failure = await environmentOf(pod, whole, sources).catch((error) => error);
    expect(failure).toBeInstanceOf(PodError);
    expect(failure.reason).toBe("CreateContainerConfigError");
    expect(failure.message).toContain(message);
  });
});

describe("expand", () => {
  const variables = new Map([["A", "1"], ["LONG_NAME", "$(A)"]]);
  it.each([
    ["plain", "plain"],
    ["$(A)-$(A)", "1-1"],
    ["$$(A)", "$(A)"],
    ["$$$(A)", "$1"],
    ["$(B)", "$(B)"],
    ["$A $ $(", "$A $ $("],
    // What a value says is not looked at again.
    ["$(LONG_NAME)", "$(A)"],
  ])("makes", ([text, result]) => expect(expand(text!, variables)).toBe(result));
});
