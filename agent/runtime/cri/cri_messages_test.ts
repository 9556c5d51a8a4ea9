import { describe, expect, it } from "vitest";
import { RuntimeError } from "../contract.ts";
import { testContainer, testSandbox } from "../suite_test_cases.ts";
import { socketPath } from "./channel.ts";
import { criCodec } from "./descriptor.ts";
import { type GrpcFault, toPullError, toRuntimeError } from "./errors.ts";
import { toContainer, toImage, toSandbox } from "./from_cri.ts";
import { containerConfig, sandboxConfig } from "./to_cri.ts";

const codec = criCodec();

describe("CRI messages", () => {
  it("carry a sandbox's configuration whole", () => {
    const config = testSandbox("p", "/logs", {
      dns: { servers: ["10.43.0.10"], searches: ["a.svc"], options: ["ndots:5"] },
      portMappings: [{ protocol: "UDP", containerPort: 53, hostPort: 5353, hostIP: "127.0.0.1" }],
      sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
      cgroupParent: "/kubepods/p",
    });
    const sent = codec.decode("PodSandboxConfig", codec.encode("PodSandboxConfig", sandboxConfig(config)));
    expect(sent).toMatchObject({
      metadata: { name: "p", namespace: "default", uid: "uid-p", attempt: 0 },
      hostname: "p",
      dnsConfig: { servers: ["10.43.0.10"], searches: ["a.svc"], options: ["ndots:5"] },
      portMappings: [{ protocol: "UDP", containerPort: 53, hostPort: 5353, hostIp: "127.0.0.1" }],
      linux: {
        cgroupParent: "/kubepods/p",
        sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
        securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } },
      },
    });
    const onNode = sandboxConfig({ ...config, namespaces: { ...config.namespaces, network: "node" } });
    expect(onNode.hostname).toBe("");
  });

  it("carry a container's configuration whole, large limits and user 0 included", () => {
    const config = testContainer("c", "sha256:1", ["run"], {
      env: [{ name: "A", value: "YWJj ä" }, { name: "B", value: "YWJj" }],
      mounts: [{ containerPath: "/a", hostPath: "/b", readonly: true, propagation: "hostToContainer" }],
      resources: { memoryLimitBytes: 2 ** 40, cpuQuota: -1, oomScoreAdj: -997 },
    });
    const user = { ...config, security: { ...config.security, runAsUser: 0, addCapabilities: ["NET_ADMIN"] } };
    const fields = containerConfig(user, { appArmor: false });
    const sent = codec.decode("ContainerConfig", codec.encode("ContainerConfig", fields));
    const env = sent.envs as { key: string; value: Uint8Array }[];
    expect(env.map(({ key, value }) => [key, new TextDecoder().decode(value)])).toEqual([["A", "YWJj ä"], [
      "B",
      "YWJj",
    ]]);
    expect(sent).toMatchObject({
      image: { image: "sha256:1" },
      mounts: [{ containerPath: "/a", hostPath: "/b", readonly: true, propagation: "PROPAGATION_HOST_TO_CONTAINER" }],
      linux: {
        resources: { memoryLimitInBytes: 2 ** 40, cpuQuota: -1, oomScoreAdj: -997 },
        securityContext: {
          runAsUser: { value: 0 },
          runAsGroup: null,
          capabilities: { addCapabilities: ["NET_ADMIN"] },
          seccomp: { profileType: "RuntimeDefault" },
          apparmor: null,
        },
      },
    });
  });

  it("become the contract's objects", () => {
    const metadata = { name: "c", namespace: "n", uid: "u", attempt: 2 };
    const status = codec.decode(
      "ContainerStatus",
      codec.encode("ContainerStatus", {
        id: "1",
        metadata,
        state: "CONTAINER_EXITED",
        createdAt: 1_700_000_000_123_456_789n.toString(),
        exitCode: 137,
        reason: "OOMKilled",
        logPath: "/l",
      }),
    );
    expect(toContainer(status, "s")).toMatchObject({
      id: "1",
      sandboxId: "s",
      state: "exited",
      attempt: 2,
      createdAt: 1_700_000_000_123,
      finishedAt: 0,
      exitCode: 137,
      reason: "OOMKilled",
    });
    const sandbox = { id: "s", metadata, network: { ip: "10.0.0.1", additionalIps: [{ ip: "fd00::1" }] } };
    expect(toSandbox(codec.decode("PodSandboxStatus", codec.encode("PodSandboxStatus", sandbox)))).toMatchObject({
      ready: true,
      ips: ["10.0.0.1", "fd00::1"],
      namespace: "n",
    });
    const image = codec.encode("Image", { id: "i", repoTags: ["a:1"], size: 5, uid: { value: 0 } });
    expect(toImage(codec.decode("Image", image))).toEqual({
      id: "i",
      tags: ["a:1"],
      digests: [],
      bytes: 5,
      pinned: false,
      uid: 0,
    });
  });
});

describe("toRuntimeError", () => {
  const fault = (code: number, details: string): GrpcFault => Object.assign(new Error(details), { code, details });

  it.each([
    [5, "not found", "notFound"],
    [14, "connection refused", "unavailable"],
    [4, "Deadline exceeded", "deadlineExceeded"],
    [2, "failed to exec: timeout 1s exceeded: context deadline exceeded", "deadlineExceeded"],
    [2, "no space left on device", "failed"],
  ])("%s", ([code, details, reason]) => {
    const error = toRuntimeError(fault(code as number, details as string), "ExecSync");
    expect([error.reason, error.message]).toEqual([reason, `ExecSync: ${details}`]);
  });

  it("tells a pull that credentials would help from one that they would not", () => {
    const pull = (text: string) => toPullError(new RuntimeError("failed", text)).reason;
    expect(pull("unexpected status code [manifests v1]: 401 Unauthorized")).toBe("pullUnauthorized");
    expect(pull("pull access denied, repository does not exist")).toBe("pullUnauthorized");
    expect(pull("dial tcp: lookup registry.example: no such host")).toBe("pullFailed");
    expect(toPullError(new RuntimeError("unavailable", "gone")).reason).toBe("unavailable");
  });
});

describe("socketPath", () => {
  it("takes a path or a unix URL, nothing else", () => {
    expect(socketPath("unix:///run/c.sock")).toBe("/run/c.sock");
    expect(socketPath("/run/c.sock")).toBe("/run/c.sock");
    expect(() => socketPath("tcp://127.0.0.1:1")).toThrow(/not a Unix socket/);
  });
});
