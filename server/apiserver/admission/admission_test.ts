import { describe, expect, it } from "vitest";
import { namespaces, pods, priorityclasses, serviceaccounts } from "../../../api/resources.ts";
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
    const made = await test.client.create(pods, mirror("a"));
    expect(made.spec.serviceAccountName).toBeUndefined();
    expect(made.spec.volumes).toBeUndefined();
    const secret = { volumes: [{ name: "s", secret: { secretName: "s" } }] };
    expect(await refusal(test.client.create(pods, mirror("b", secret)))).toContain("may not reference secrets");
    expect(await refusal(test.client.create(pods, mirror("c", { serviceAccountName: "default" }))))
      .toContain("may not reference service accounts");
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
