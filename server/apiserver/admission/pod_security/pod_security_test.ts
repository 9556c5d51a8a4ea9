import { describe, expect, it } from "vitest";
import { deployments, namespaces, pods, runtimeclasses } from "../../../../api/resources.ts";
import type { KubeObject, Resource } from "../../../../api/resource.ts";
import type { StatusError } from "../../../../api/status.ts";
import { admin, minimalPod, plain, TestRegistry } from "../../registry/_testing.ts";
import { defaultPodSecurity } from "./configuration.ts";

const label = "pod-security.kubernetes.io/";

/** What came of a write, and the warnings that came with it. */
class Author {
  readonly #test: TestRegistry;
  readonly warnings: string[] = [];

  constructor(test: TestRegistry) {
    this.#test = test;
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<string> {
    const context = { user: admin, warn: (text: string) => void this.warnings.push(text) };
    const request = { namespace: object.metadata.namespace ?? "", object, options: plain };
    return this.#test.store(resource).create(context, request).then(() => "accepted", (e: StatusError) => e.message);
  }

  async label(namespace: string, labels: Record<string, string>, name = "n"): Promise<string> {
    const context = { user: admin, warn: (text: string) => void this.warnings.push(text) };
    const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [label + key, value]));
    const request = {
      namespace: "",
      name: namespace,
      type: "merge",
      patch: { metadata: { labels: { ...prefixed, name } } },
      options: plain,
    } as const;
    return this.#test.store(namespaces).patch(context, request).then(() => "accepted", (e: StatusError) => e.message);
  }
}

const privilegedContainer = [{ name: "main", image: "busybox", securityContext: { privileged: true } }];

describe("PodSecurity", () => {
  it("refuses Pods, warns of workloads, and lets other namespaces be", async () => {
    await using test = await TestRegistry.open();
    const author = new Author(test);
    expect(await author.label("default", { enforce: "baseline", warn: "restricted" })).toBe("accepted");
    expect(await author.create(pods, minimalPod("a", { containers: privilegedContainer }))).toBe(
      'pods "a" is forbidden: violates PodSecurity "baseline:latest": privileged (container "main" must not set securityContext.privileged=true)',
    );
    expect(author.warnings).toEqual([]);
    expect(await author.create(pods, minimalPod("a"))).toBe("accepted");
    expect(author.warnings[0]).toMatch(
      /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "main" must set/,
    );
    author.warnings.length = 0;
    const deployment = {
      metadata: { name: "d", namespace: "default" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers: privilegedContainer } },
      },
    };
    expect(await author.create(deployments, deployment)).toBe("accepted");
    expect(author.warnings[0]).toContain('"restricted:latest": privileged (container "main" must not');
    await test.addNamespace("other");
    const elsewhere = {
      ...minimalPod("a", { containers: privilegedContainer }),
      metadata: { name: "a", namespace: "other" },
    };
    expect(await author.create(pods, elsewhere)).toBe("accepted");
  });

  it("asks again when other images are to run, and only then", async () => {
    await using test = await TestRegistry.open();
    const author = new Author(test);
    const made = await test.client.create(pods, minimalPod("a", { containers: privilegedContainer }));
    await author.label("default", { enforce: "baseline" });
    const labelled = { ...made, metadata: { ...made.metadata, labels: { a: "b" } } };
    const updated = await test.client.update(pods, labelled);
    const spec = { ...updated.spec, containers: [{ ...updated.spec.containers[0]!, image: "other" }] };
    const message = await test.client.update(pods, { ...updated, spec }).catch((error: StatusError) => error.message);
    expect(message).toContain("violates PodSecurity");
  });

  it("warns of Pods that a stricter level would not let in, and refuses labels that it cannot read", async () => {
    await using test = await TestRegistry.open();
    const author = new Author(test);
    for (const name of ["c", "a", "b"]) {
      await test.client.create(pods, minimalPod(name, { containers: privilegedContainer }));
    }
    await test.client.create(pods, minimalPod("d", { hostNetwork: true }));
    expect(await author.label("default", { enforce: "baseline" })).toBe("accepted");
    expect(author.warnings).toEqual([
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      "a (and 2 other pods): privileged",
      "d: host namespaces",
    ]);
    author.warnings.length = 0;
    expect(await author.label("default", { enforce: "privileged" })).toBe("accepted");
    expect(await author.label("default", { enforce: "tight" })).toBe(
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted',
    );
    const bad = { metadata: { name: "bad", labels: { [`${label}warn-version`]: "1" } }, spec: {} };
    expect(await author.create(namespaces, bad)).toContain('must be "latest" or "v1.x"');
    expect(author.warnings).toEqual([]);
  });

  it("exempts users, namespaces and runtime classes", async () => {
    const exemptions = { usernames: [], namespaces: ["trusted"], runtimeClasses: ["vm"] };
    const defaults = { ...defaultPodSecurity.defaults, enforce: { level: "baseline", version: "latest" } } as const;
    await using test = await TestRegistry.open({ admission: { podSecurity: { defaults, exemptions } } });
    const author = new Author(test);
    await test.addNamespace("trusted");
    const pod = (namespace: string, fields = {}) => ({
      ...minimalPod("a", { containers: privilegedContainer, ...fields }),
      metadata: { name: "a", namespace },
    });
    expect(await author.create(pods, pod("default"))).toContain("violates PodSecurity");
    expect(await author.create(pods, pod("trusted"))).toBe("accepted");
    await test.client.create(runtimeclasses, { metadata: { name: "vm" }, handler: "kata" });
    expect(await author.create(pods, pod("default", { runtimeClassName: "vm" }))).toBe("accepted");
    expect(await author.label("trusted", { enforce: "restricted" })).toBe("accepted");
    expect(author.warnings).toEqual([
      'namespace "trusted" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
    ]);
  });
});
