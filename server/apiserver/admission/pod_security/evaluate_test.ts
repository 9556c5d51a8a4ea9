import { describe, expect, it } from "vitest";
import type { Container, PodSpec } from "../../../../api/types/core_v1.ts";
import { evaluate, printDetails, printReasons } from "./evaluate.ts";
import type { PolicyVersion } from "./policy.ts";

type Fields = Partial<PodSpec> & { readonly annotations?: Record<string, string> };

function podOf({ annotations, ...spec }: Fields) {
  return { metadata: annotations ? { annotations } : {}, spec: { containers: [{ name: "a" }], ...spec } as PodSpec };
}

/** Containers `a`, `b`, … each with such a security context. */
function contexts(...each: NonNullable<Container["securityContext"]>[]): Fields {
  return { containers: each.map((securityContext, i) => ({ name: "abc"[i]!, securityContext })) as Container[] };
}

function baseline(fields: Fields, version: PolicyVersion = "latest"): string {
  return printDetails(evaluate({ level: "baseline", version }, podOf(fields)));
}

/** What restricted asks for, in one container and for the Pod. */
const tight: NonNullable<Container["securityContext"]> = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};
const tightPod: PodSpec["securityContext"] = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };

function restricted(fields: Fields, version: PolicyVersion = "latest"): string {
  const pod = { ...contexts(tight), securityContext: tightPod, ...fields } as Fields;
  return printDetails(evaluate({ level: "restricted", version }, podOf(pod)));
}

describe("baseline", () => {
  const cases: readonly [string, Fields, string][] = [
    ["nothing special", {}, ""],
    [
      "AppArmor off",
      contexts({ appArmorProfile: { type: "Unconfined" } }),
      'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      "AppArmor off for the Pod and by annotation",
      {
        securityContext: { appArmorProfile: { type: "Unconfined" } },
        annotations: { "container.apparmor.security.beta.kubernetes.io/a": "unconfined" },
      },
      'forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "Unconfined", "container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    ],
    [
      "capabilities",
      contexts({ capabilities: { add: ["SYS_ADMIN", "CHOWN"] } }, { capabilities: { add: ["NET_RAW"] } }),
      'non-default capabilities (containers "a", "b" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    ["host namespaces", { hostNetwork: true, hostIPC: true }, "host namespaces (hostNetwork=true, hostIPC=true)"],
    ["host paths", { volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
    [
      "host ports, init containers first",
      {
        containers: [{ name: "a", ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 9, hostPort: 443 }] }],
        initContainers: [{ name: "i", ports: [{ containerPort: 80, hostPort: 80 }] }],
      },
      'hostPort (containers "i", "a" use hostPorts 443, 80)',
    ],
    [
      "hosts of probes",
      {
        containers: [{
          name: "a",
          livenessProbe: { httpGet: { host: "h", port: 1 } },
          lifecycle: { preStop: { tcpSocket: { host: "g", port: 1 } } },
        }],
      },
      'probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")',
    ],
    [
      "privileged containers",
      contexts({ privileged: true }),
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      "unmasked /proc",
      contexts({ procMount: "Unmasked" }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    ["unmasked /proc in a user namespace", { ...contexts({ procMount: "Unmasked" }), hostUsers: false }, ""],
    [
      "SELinux",
      {
        ...contexts({ seLinuxOptions: { type: "bad_t", user: "u" } }),
        securityContext: { seLinuxOptions: { role: "r" } },
      },
      'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "bad_t"; user may not be set; role may not be set)',
    ],
    [
      "seccomp off",
      contexts({ seccompProfile: { type: "Unconfined" } }),
      'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    ["sysctls", {
      securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }, { name: "net.ipv4.tcp_rmem", value: "1" }] },
    }, "forbidden sysctls (kernel.msgmax)"],
    [
      "host processes",
      { securityContext: { windowsOptions: { hostProcess: true } } },
      "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ],
    [
      "several, in order",
      { ...contexts({ privileged: true }), hostPID: true },
      'host namespaces (hostPID=true), privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      "ephemeral containers",
      { ephemeralContainers: [{ name: "e", securityContext: { privileged: true } }] },
      'privileged (container "e" must not set securityContext.privileged=true)',
    ],
  ];
  for (const [what, fields, expected] of cases) it(what, () => expect(baseline(fields)).toBe(expected));

  it("knows what earlier versions had", () => {
    const sysctl = (name: string) => ({ securityContext: { sysctls: [{ name, value: "1" }] } });
    expect(baseline(sysctl("net.ipv4.tcp_rmem"), 31)).toBe("forbidden sysctls (net.ipv4.tcp_rmem)");
    expect(baseline(sysctl("net.ipv4.tcp_keepalive_time"), 29)).toBe("");
    expect(baseline(sysctl("net.ipv4.ip_local_reserved_ports"), 26)).toContain("forbidden");
    const engine = contexts({ seLinuxOptions: { type: "container_engine_t" } });
    expect([baseline(engine, 30) === "", baseline(engine, 31) === ""]).toEqual([false, true]);
    const probe: Fields = { containers: [{ name: "a", livenessProbe: { httpGet: { host: "h", port: 1 } } }] };
    expect([baseline(probe, 33) === "", baseline(probe, 34) === ""]).toEqual([true, false]);
    const annotated = { annotations: { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" } };
    expect(baseline(annotated, 18)).toBe(
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
    expect(baseline(annotated, 19)).toBe("");
    expect(baseline({ ...contexts({ procMount: "Unmasked" }), hostUsers: false }, 34)).toContain("procMount");
  });
});

describe("restricted", () => {
  const cases: readonly [string, Fields, string][] = [
    ["a tight Pod", {}, ""],
    [
      "escalation",
      contexts({ ...tight, allowPrivilegeEscalation: true }),
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      "capabilities kept",
      contexts({ allowPrivilegeEscalation: false }),
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"])',
    ],
    [
      "capabilities kept and added",
      contexts({ ...tight, capabilities: { add: ["NET_BIND_SERVICE", "CHOWN"] } }),
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    ["volumes", {
      volumes: [{ name: "v", hostPath: { path: "/" } }, { name: "n", nfs: { server: "s", path: "/" } }, {
        name: "e",
        emptyDir: {},
      }],
    }, 'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")'],
    [
      "nobody says non-root",
      { securityContext: { seccompProfile: { type: "Localhost" } } },
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    ],
    [
      "somebody says root",
      contexts({ ...tight, runAsNonRoot: false }),
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    ["user 0", { securityContext: { ...tightPod, runAsUser: 0 } }, "runAsUser=0 (pod must not set runAsUser=0)"],
    ["user 0 in a user namespace", { securityContext: { ...tightPod, runAsUser: 0 }, hostUsers: false }, ""],
    [
      "no seccomp profile",
      { securityContext: { runAsNonRoot: true } },
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      "unmasked /proc, user namespace or not",
      { ...contexts({ ...tight, procMount: "Unmasked" }), hostUsers: false },
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    ["Windows", { ...contexts({}), os: { name: "windows" }, securityContext: { runAsNonRoot: true } }, ""],
  ];
  for (const [what, fields, expected] of cases) it(what, () => expect(restricted(fields)).toBe(expected));

  it("of an early version asks for less", () => {
    expect(restricted(contexts({}), 7)).toBe("");
    expect(restricted(contexts({}), 21)).not.toContain("capabilities");
    expect(restricted({ securityContext: { ...tightPod, runAsUser: 0 } }, 22)).toBe("");
  });

  it("names its rules in order, the baseline's first", () => {
    const pod = podOf({ ...contexts({ privileged: true }), hostNetwork: true });
    expect(printReasons(evaluate({ level: "restricted", version: 999 }, pod))).toBe(
      "host namespaces, privileged, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
    );
  });
});
