import { describe, expect, it } from "vitest";
import {
  bindings,
  ingressclasses,
  ingresses,
  namespaces,
  nodes,
  pods,
  priorityclasses,
  serviceaccounts,
} from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { minimalPod, TestRegistry } from "../registry/_testing.ts";

async function refusal(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "accepted", (error: StatusError) => error.message);
}

describe("ServiceAccount", () => {
  it("waits a moment for the account of a new namespace", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(namespaces, { metadata: { name: "n" }, spec: {} });
    const pod = { ...minimalPod("a"), metadata: { name: "a", namespace: "n" } };
    const creating = test.client.create(pods, pod);
    await test.clock.advance(250);
    await test.client.create(serviceaccounts, { metadata: { name: "default", namespace: "n" } });
    await test.clock.advance(100);
    expect((await creating).spec.serviceAccountName).toBe("default");
    const other = test.client.create(namespaces, { metadata: { name: "m" }, spec: {} })
      .then(() => refusal(test.client.create(pods, { ...pod, metadata: { name: "a", namespace: "m" } })));
    await test.clock.advance(0);
    for (let i = 0; i < 12; i++) await test.clock.advance(100);
    expect(await other).toContain('error looking up service account m/default: serviceaccount "default" not found');
  });

  it("hands on pull secrets, and no token where it is declined or there is one already", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(serviceaccounts, {
      metadata: { name: "quiet", namespace: "default" },
      automountServiceAccountToken: false,
      imagePullSecrets: [{ name: "registry" }],
    });
    const quiet = await test.client.create(pods, minimalPod("a", { serviceAccountName: "quiet" }));
    expect(quiet.spec.imagePullSecrets).toEqual([{ name: "registry" }]);
    expect(quiet.spec.volumes).toBeUndefined();
    const own = await test.client.create(
      pods,
      minimalPod("b", {
        volumes: [{ name: "own", emptyDir: {} }],
        containers: [{
          name: "main",
          image: "busybox",
          volumeMounts: [{ name: "own", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }],
        }],
      }),
    );
    expect(own.spec.volumes?.length).toBe(1);
  });

  it("leaves mirrors of static Pods alone, and keeps them from the API's secrets", async () => {
    await using test = await TestRegistry.open();
    const mirror = (name: string, fields: Partial<Pod["spec"]> = {}): Pod => {
      const pod = minimalPod(name, fields);
      pod.metadata.annotations = { "kubernetes.io/config.mirror": "x" };
      return pod;
    };
    const made = await test.client.create(pods, mirror("a", { nodeName: "n" }));
    expect(made.spec.serviceAccountName).toBeUndefined();
    expect(made.spec.volumes).toBeUndefined();
    const secret = { volumes: [{ name: "s", secret: { secretName: "s" } }] };
    expect(await refusal(test.client.create(pods, mirror("b", { nodeName: "n", ...secret })))).toContain(
      "may not reference secrets",
    );
    expect(await refusal(test.client.create(pods, mirror("c", { nodeName: "n", serviceAccountName: "default" }))))
      .toContain("may not reference service accounts");
  });
});

describe("a service account that minds its secrets", () => {
  it("lets Pods have its own, and no others", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(serviceaccounts, {
      metadata: {
        name: "strict",
        namespace: "default",
        annotations: { "kubernetes.io/enforce-mountable-secrets": "true" },
      },
      secrets: [{ name: "own" }],
      imagePullSecrets: [{ name: "registry" }],
    });
    const create = (fields: Partial<Pod["spec"]>) =>
      test.client.create(pods, { ...minimalPod("", fields), metadata: { generateName: "a-", namespace: "default" } });
    const container = { name: "main", image: "busybox" };
    const env = (name: string) => [{ name: "E", valueFrom: { secretKeyRef: { name, key: "k" } } }];
    const cases: readonly [Partial<Pod["spec"]>, string][] = [
      [{ containers: [{ ...container, env: env("own") }] }, "accepted"],
      [{ volumes: [{ name: "v", secret: { secretName: "x" } }] }, 'volume with secret.secretName="x" is not allowed'],
      [
        { containers: [{ ...container, env: env("x") }] },
        'container main with envVar E referencing secret.secretName="x"',
      ],
      [
        { initContainers: [{ ...container, name: "i", envFrom: [{ secretRef: { name: "x" } }] }] },
        'init container i with envFrom referencing secret.secretName="x" is not allowed because service account strict',
      ],
      [
        { imagePullSecrets: [{ name: "x" }] },
        'imagePullSecrets[0].name="x" is not allowed because service account strict',
      ],
    ];
    for (const [fields, expected] of cases) {
      expect(await refusal(create({ serviceAccountName: "strict", ...fields }))).toContain(expected);
    }
    expect(await refusal(create({ volumes: [{ name: "v", secret: { secretName: "x" } }] }))).toBe("accepted");
  });
});

describe("NamespaceLifecycle", () => {
  it("keeps things out of namespaces that are not there or on their way out, even if they end meanwhile", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(namespaces, { metadata: { name: "n" }, spec: {} });
    const pod = { ...minimalPod("a"), metadata: { name: "a", namespace: "n" } };
    // Waits for its service account, and the namespace goes while it does.
    const waiting = refusal(test.client.create(pods, pod));
    await test.clock.advance(100);
    await test.client.create(serviceaccounts, { metadata: { name: "default", namespace: "n" } });
    await test.client.delete(namespaces, { name: "n" });
    await test.clock.advance(100);
    expect(await waiting).toContain("unable to create new content in namespace n because it is being terminated");
    const nowhere = { ...pod, metadata: { name: "a", namespace: "nowhere" } };
    expect(await refusal(test.client.create(pods, nowhere))).toBe('namespaces "nowhere" not found');
    expect(await refusal(test.client.delete(namespaces, { name: "default" }))).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    );
  });
});

describe("DefaultIngressClass", () => {
  it("fills in the default, where nothing else is said", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(ingressclasses, {
      metadata: { name: "main", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: "example.com/c" },
    });
    const ingress = (name: string, annotations = {}, ingressClassName?: string) => ({
      metadata: { name, namespace: "default", annotations },
      spec: {
        defaultBackend: { service: { name: "s", port: { number: 80 } } },
        ...(ingressClassName ? { ingressClassName } : {}),
      },
    });
    expect((await test.client.create(ingresses, ingress("a"))).spec?.ingressClassName).toBe("main");
    expect((await test.client.create(ingresses, ingress("b", {}, "own"))).spec?.ingressClassName).toBe("own");
    const annotated = await test.client.create(ingresses, ingress("c", { "kubernetes.io/ingress.class": "x" }));
    expect(annotated.spec?.ingressClassName).toBeUndefined();
  });
});

describe("new nodes", () => {
  it("are tainted until they are ready, and tell their Pods where they are", async () => {
    await using test = await TestRegistry.open();
    const zone = { "topology.kubernetes.io/zone": "z1" };
    const node = await test.client.create(nodes, {
      metadata: { name: "n", labels: { ...zone, other: "x" } },
      spec: {},
    });
    expect(node.spec?.taints).toEqual([{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }]);
    await test.client.create(pods, minimalPod("a"));
    await test.client.create(bindings, { metadata: { name: "a", namespace: "default" }, target: { name: "n" } });
    expect((await test.client.get(pods, { namespace: "default", name: "a" })).metadata.labels).toEqual(zone);
  });
});

describe("Priority", () => {
  it("turns names into numbers and refuses numbers of one's own", async () => {
    await using test = await TestRegistry.open();
    await test.client.create(priorityclasses, { metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" });
    await test.client.create(priorityclasses, { metadata: { name: "usual" }, value: 10, globalDefault: true });
    const high = await test.client.create(pods, minimalPod("a", { priorityClassName: "high" }));
    expect([high.spec.priority, high.spec.preemptionPolicy]).toEqual([1000, "Never"]);
    const usual = await test.client.create(pods, minimalPod("b"));
    expect([usual.spec.priority, usual.spec.priorityClassName]).toEqual([10, "usual"]);
    expect(await refusal(test.client.create(pods, minimalPod("c", { priority: 7 }))))
      .toContain("the integer value of priority (7) must not be provided in pod spec");
    const second = { metadata: { name: "second" }, value: 1, globalDefault: true };
    expect(await refusal(test.client.create(priorityclasses, second))).toContain("is already marked as default");
  });
});

describe("DefaultTolerationSeconds", () => {
  it("adds only what is missing", async () => {
    await using test = await TestRegistry.open();
    const own = { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 };
    const pod = await test.client.create(pods, minimalPod("a", { tolerations: [own] }));
    expect(pod.spec.tolerations).toEqual([
      own,
      { ...own, key: "node.kubernetes.io/unreachable", tolerationSeconds: 300 },
    ]);
    const all = [{ operator: "Exists" }];
    const patient = await test.client.create(pods, minimalPod("b", { tolerations: all }));
    expect(patient.spec.tolerations).toEqual(all);
  });
});
