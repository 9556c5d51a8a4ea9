import { describe, expect, it } from "vitest";
import { nodes, pods } from "../../../../api/resources.ts";
import type { Container, Pod, PodStatus } from "../../../../api/types/core_v1.ts";
import { minimalPod, TestRegistry } from "../_testing.ts";

const target = { namespace: "default", name: "a" };
const sizes = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } };
const main = (fields: Partial<Container> = {}): Container => ({
  name: "main",
  image: "i",
  resources: sizes,
  ...fields,
});

describe("the resize of a Pod", () => {
  /** What comes of a resize of a Pod that runs on a node with 4 CPUs; the reason when it is refused. */
  async function resize(
    change: Partial<Pod["spec"]>,
    spec: Partial<Pod["spec"]> = {},
    running: Partial<NonNullable<PodStatus["containerStatuses"]>[number]> = { resources: sizes },
  ): Promise<Pod | string> {
    await using test = await TestRegistry.open();
    const { client } = test;
    const allocatable = { cpu: "4", memory: "8Gi" };
    await client.create(nodes, { metadata: { name: "n" }, spec: {}, status: { capacity: allocatable, allocatable } });
    await client.create(pods, minimalPod("a", { nodeName: "n", containers: [main()], ...spec }));
    const containerStatuses = [{
      name: "main",
      image: "i",
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: {} },
      ...running,
    }];
    await client.patch(pods, target, { type: "merge", patch: { status: { containerStatuses } } }, {
      subresource: "status",
    });
    const patch = { spec: change } as Record<string, unknown>;
    return await client.patch(pods, target, { type: "merge", patch }, { subresource: "resize" }).catch((error) =>
      error.message
    );
  }

  const to = (requests: Record<string, string>, fields: Partial<Container> = {}) => ({
    containers: [
      main({ resources: { requests: { ...sizes.requests, ...requests }, limits: sizes.limits }, ...fields }),
    ],
  });

  it("changes CPU and memory, and counts as a change of the spec", async () => {
    const pod = await resize({ ...to({ cpu: "1500m" }), hostname: "is not looked at" }) as Pod;
    expect(pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: "1500m", memory: "1Gi" });
    expect(pod.metadata.generation).toBe(2);
    expect(pod.spec.hostname).toBeUndefined();
  });

  const whole = (cpu: string) => ({ requests: { cpu, memory: "4Gi" }, limits: { cpu: "4", memory: "4Gi" } });

  it("changes what is stated for the Pod as a whole", async () => {
    const pod = await resize({ resources: whole("3") }, { resources: whole("2") }) as Pod;
    expect(pod.spec.resources?.requests).toEqual({ cpu: "3", memory: "4Gi" });
    expect(pod.metadata.generation).toBe(2);
  });

  const refused: readonly (readonly [string, Parameters<typeof resize>, string])[] = [
    [
      "another QoS class",
      [{ containers: [main({ resources: { requests: sizes.limits, limits: sizes.limits } })] }],
      "Pod QOS Class may not change as a result of resizing",
    ],
    ["other resources", [to({ "ephemeral-storage": "1Gi" })], "only cpu and memory resources are mutable"],
    [
      "another resize policy",
      [to({}, { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] })],
      "only cpu and memory resources are mutable",
    ],
    [
      "requests taken away",
      [{ containers: [main({ resources: { requests: { cpu: "1" }, limits: { cpu: "2" } } })] }],
      "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
    ],
    [
      "another name",
      [{ containers: [main({ name: "other" })] }],
      "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize",
    ],
    [
      "one more container",
      [{ containers: [main(), main({ name: "other" })] }],
      "spec.containers: Forbidden: containers may not be added or removed on resize",
    ],
    ["a node that cannot do it", [to({ cpu: "2" }), {}, {}], "Pod running on node without support for resize"],
    ["more than the node has", [{
      containers: [main({ resources: { requests: { cpu: "5", memory: "1Gi" }, limits: { cpu: "6", memory: "2Gi" } } })],
    }], "node didn't have enough allocatable resources: cpu, requested: 5000, allocatable: 4000"],
    [
      "what is stated for the whole Pod taken away",
      [{ resources: null } as unknown as Partial<Pod["spec"]>, { resources: whole("4") }],
      "spec.resources: Forbidden: pod-level resources cannot be removed",
    ],
    [
      "a Pod smaller than its containers",
      [{ resources: whole("500m") }, { resources: whole("4") }],
      'spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 1',
    ],
    [
      "a container of Windows",
      [to({ cpu: "1500m" }), { os: { name: "windows" } }],
      "windows pods cannot be resized",
    ],
  ];
  for (const [title, call, message] of refused) {
    it(`is refused: ${title}`, async () => expect(await resize(...call)).toContain(message));
  }
});
