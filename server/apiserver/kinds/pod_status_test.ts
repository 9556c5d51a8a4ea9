import { describe, expect, it } from "vitest";
import { pods } from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { ContainerStatus, Pod, PodSpec, PodStatus } from "../../../api/types/core_v1.ts";
import { copyOf, minimalPod, TestRegistry } from "../registry/_testing.ts";

const target = { namespace: "default", name: "a" };
const ended: ContainerStatus = {
  name: "main",
  image: "i",
  imageID: "",
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode: 0 } },
};
const running: ContainerStatus = { ...ended, state: { running: {} } };

/** What becomes of a status that is written over `before`; the refusal's causes where it is refused. */
async function write(status: PodStatus, before: PodStatus = {}, spec: Partial<PodSpec> = {}) {
  await using test = await TestRegistry.open();
  const { client } = test;
  await client.create(pods, minimalPod("a", spec));
  const patch = (wanted: PodStatus) =>
    client.patch(pods, target, { type: "merge", patch: { status: wanted } as Record<string, unknown> }, {
      subresource: "status",
    });
  await patch(before);
  try {
    return (await patch(status)).status!;
  } catch (error) {
    const { status: { reason, details } } = error as StatusError;
    expect(reason).toBe("Invalid");
    return details!.causes!.map(({ field, message }) => `${field}: ${message}`);
  }
}

describe("the status of a Pod", () => {
  const gone = "Forbidden: may not be transitioned to non-terminated state";
  const refused: readonly (readonly [string, Parameters<typeof write>, ...string[]])[] = [
    [
      "a condition whose type is no name",
      [{ conditions: [{ type: "not a name", status: "True", observedGeneration: -1 }] }],
      "status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer",
      'status.conditions[0].Type: Invalid value: "not a name": name part must consist of alphanumeric characters',
    ],
    [
      "another QoS class",
      [{ qosClass: "Guaranteed" }],
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
    ],
    [
      "a nomination of what is no node",
      [{ nominatedNodeName: "A b" }],
      'status.nominatedNodeName: Invalid value: "A b": a lowercase RFC 1123 subdomain must consist of',
    ],
    [
      "a nomination where there is a node",
      [{ nominatedNodeName: "b" }, {}, { nodeName: "a" }],
      "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
    ],
    [
      "a negative generation",
      [{ observedGeneration: -2 }],
      "status.observedGeneration: Invalid value: -2: must be a non-negative integer",
    ],
    [
      "a container that comes back although its Pod never restarts any",
      [{ containerStatuses: [running] }, { containerStatuses: [ended] }, { restartPolicy: "Never" }],
      `status.containerStatuses[0].state: ${gone}`,
    ],
    [
      "a container that comes back from success",
      [{ containerStatuses: [running] }, { containerStatuses: [ended] }, { restartPolicy: "OnFailure" }],
      `status.containerStatuses[0].state: ${gone}`,
    ],
    [
      "an ephemeral container that comes back",
      [{ ephemeralContainerStatuses: [running] }, { ephemeralContainerStatuses: [ended] }],
      `status.ephemeralContainerStatuses[0].state: ${gone}`,
    ],
    [
      "what is no address",
      [{ podIP: "10.0.0", podIPs: [{ ip: "10.0.0" }] }],
      'status.podIPs[0]: Invalid value: "10.0.0": must be a valid IP address',
    ],
    [
      "two addresses of one family",
      [{ podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] }],
      "may specify no more than one IP for each IP family",
    ],
    [
      "another first address of the host than its address",
      [{ hostIP: "10.0.0.1", hostIPs: [{ ip: "10.0.0.2" }] }],
      'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
    ],
    [
      "a claim that the Pod does not make",
      [{ resourceClaimStatuses: [{ name: "c", resourceClaimName: "C" }] }],
      'status.resourceClaimStatuses[0].name: Invalid value: "c": must match the name of an entry in `spec.resourceClaims`',
      'status.resourceClaimStatuses[0].resourceClaimName: Invalid value: "C"',
    ],
    [
      "mappings of a container that is not there",
      [{
        extendedResourceClaimStatus: {
          resourceClaimName: "c",
          requestMappings: [{ containerName: "x", resourceName: "a/b", requestName: "r" }],
        },
      }],
      "status.extendedResourceClaimStatus.requestMappings[0].containerName: Invalid value",
    ],
    [
      "a user that cannot be",
      [{ containerStatuses: [{ ...running, user: { linux: { uid: -1, gid: 0 } } }] }],
      "status.containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    ],
    [
      "devices that the container has not asked for",
      [{ containerStatuses: [{ ...running, allocatedResourcesStatus: [{ name: "a/b" }, { name: "claim:c" }] }] }],
      'allocatedResourcesStatus[0].name: Invalid value: "a/b": must match one of the container\'s resource requests',
      'allocatedResourcesStatus[1].name: Invalid value: "claim:c": must match one of the container\'s resource claims',
    ],
    [
      "an unknown health",
      [{
        containerStatuses: [{
          ...running,
          name: "other",
          allocatedResourcesStatus: [{ name: "a/b", resources: [{ resourceID: "1", health: "Ill" }] }],
        }],
      }],
      'allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Ill": supported values: "Healthy", "Unhealthy", "Unknown"',
    ],
  ];
  for (const [title, call, ...messages] of refused) {
    it(`cannot be ${title}`, async () => {
      const causes = await write(...call);
      expect(causes).toHaveLength(messages.length);
      for (const [index, message] of messages.entries()) expect((causes as string[])[index]).toContain(message);
    });
  }

  it("may bring back what its rules restart", async () => {
    const failed = { ...ended, state: { terminated: { exitCode: 42 } } };
    const main = {
      name: "main",
      image: "i",
      restartPolicy: "Never",
      restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }],
    };
    const spec = { restartPolicy: "Never", containers: [main] };
    expect(await write({ containerStatuses: [running] }, { containerStatuses: [failed] }, spec)).toHaveProperty(
      "containerStatuses.0.state.running",
    );
    expect(await write({ containerStatuses: [running] }, { containerStatuses: [ended] }, spec)).toHaveLength(1);
  });

  it("keeps what a writer forgets: class and generations", async () => {
    const conditions = [{ type: "Ready", status: "True", observedGeneration: 3 }];
    const forgetful = { type: "Ready", status: "False" };
    const merged = { qosClass: null, observedGeneration: null, conditions: [forgetful] } as unknown as PodStatus;
    expect(await write(merged, { observedGeneration: 3, conditions })).toMatchObject({
      qosClass: "BestEffort",
      observedGeneration: 3,
      conditions: [{ ...forgetful, observedGeneration: 3 }],
    });
  });

  it("has the one address of an older writer among all", async () => {
    const dual = { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] };
    expect(await write(dual)).toMatchObject(dual);
    expect((await write({ podIP: "10.0.0.2" }, dual) as PodStatus).podIPs).toEqual([{ ip: "10.0.0.2" }]);
  });
});

describe("a Pod's annotations", () => {
  const mirror = "kubernetes.io/config.mirror";
  const create = async (pod: Pod) => {
    await using test = await TestRegistry.open();
    return await test.client.create(pods, pod).catch((error) => error.message);
  };
  const refused: readonly (readonly [Record<string, string>, string])[] = [
    [{ [mirror]: "x" }, `metadata.annotations[${mirror}]: Invalid value: "x": must set spec.nodeName`],
    [{ "controller.kubernetes.io/pod-deletion-cost": "+1" }, 'Invalid value: "+1": must be a 32bit integer'],
    [{ "seccomp.security.alpha.kubernetes.io/pod": "x" }, 'Invalid value: "x": must be a valid seccomp profile'],
    [{ "container.apparmor.security.beta.kubernetes.io/no": "unconfined" }, 'Invalid value: "no": container not found'],
  ];
  for (const [annotations, message] of refused) {
    it(`is refused: ${message}`, async () => {
      const pod = minimalPod("a");
      expect(await create({ ...pod, metadata: { ...pod.metadata, annotations } })).toContain(message);
    });
  }

  it("cannot make a mirror of it later", async () => {
    await using test = await TestRegistry.open();
    const pod = copyOf(await test.client.create(pods, minimalPod("a", { nodeName: "n" })));
    pod.metadata.annotations = { [mirror]: "x" };
    await expect(test.client.update(pods, pod)).rejects.toThrow("may not add mirror pod annotation");
    await expect(test.client.update(pods, pod, { subresource: "status" })).rejects.toThrow(
      "may not add mirror pod annotation",
    );
  });
});
