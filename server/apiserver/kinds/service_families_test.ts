import { describe, expect, it } from "vitest";
import type { Service, ServiceSpec } from "../../../api/types/core_v1.ts";
import { settleService } from "./service_families.ts";

function service(spec: ServiceSpec): Service {
  return { metadata: { name: "s" }, spec: { type: "ClusterIP", ...spec } } as Service;
}

/** What a Service's families and addresses become; texts are what is wrong. */
function settled(spec: ServiceSpec, before?: ServiceSpec): unknown {
  const one = service(spec);
  const errors = settleService(one, before && service(before));
  if (errors.length > 0) return errors.map(String);
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = one.spec;
  return { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy };
}

const ip = "10.43.0.9";
const single = { ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" };
const kept = { clusterIP: ip, clusterIPs: [ip], ...single };
const selector = { app: "a" };
const none = { clusterIP: "None", clusterIPs: ["None"] };

describe("a Service's addresses and families", () => {
  it.each<[ServiceSpec, object]>([
    [{}, { clusterIP: undefined, clusterIPs: undefined, ...single }],
    [{ clusterIP: ip }, kept],
    [{ ipFamilyPolicy: "PreferDualStack" }, {
      clusterIP: undefined,
      clusterIPs: undefined,
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "PreferDualStack",
    }],
    [{ clusterIP: "None", selector }, { ...none, ...single }],
    // Its endpoints are of whatever family their writer likes.
    [{ clusterIP: "None" }, { ...none, ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "RequireDualStack" }],
    [{ clusterIP: "None", ipFamilies: ["IPv6"], ipFamilyPolicy: "SingleStack" }, {
      ...none,
      ipFamilies: ["IPv6"],
      ipFamilyPolicy: "SingleStack",
    }],
  ])("follow for %j from what is stated", ([spec, wanted]) => {
    expect(settled(spec)).toEqual(wanted);
  });

  it.each<[ServiceSpec, string]>([
    [
      { clusterIPs: [ip] },
      `spec.clusterIPs: Invalid value: ["${ip}"]: must be empty when \`clusterIP\` is not specified`,
    ],
    [
      { clusterIP: "a" },
      'spec.clusterIPs[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [{ ipFamilies: ["IPv6"] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
    [
      { ipFamilyPolicy: "RequireDualStack" },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      { ipFamilies: ["IPv4", "IPv6"] },
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    ],
    [
      { clusterIP: "2001:db8::1" },
      'spec.clusterIPs[0]: Invalid value: ["2001:db8::1"]: IPv6 is not configured on this cluster',
    ],
    [
      { clusterIP: "::1", ipFamilies: ["IPv4"] },
      'spec.clusterIPs[0]: Invalid value: "::1": expected an IPv4 value as indicated by `ipFamilies[0]`',
    ],
  ])("are refused where %j do not fit", ([spec, wanted]) => {
    expect(settled(spec)).toEqual([wanted]);
  });

  it.each<[string, ServiceSpec, object]>([
    ["a client that does not know them", {}, kept],
    ["a client that knows the first alone", { clusterIP: ip }, kept],
    ["a change of the first alone", { ...kept, clusterIP: "10.43.0.8" }, {
      ...kept,
      clusterIP: "10.43.0.8",
      clusterIPs: ["10.43.0.8"],
    }],
  ])("are kept or follow in an update by %j", ([, spec, wanted]) => {
    expect(settled(spec, kept)).toEqual(wanted);
  });

  it("lose the second one only to the policy", () => {
    const both = {
      clusterIP: "None",
      clusterIPs: ["None"],
      ipFamilies: ["IPv4", "IPv6"],
      ipFamilyPolicy: "RequireDualStack",
    };
    expect(settled({ ...both, ipFamilyPolicy: "SingleStack" }, both)).toEqual({ ...none, ...single });
    expect(settled({ ...both, ipFamilies: ["IPv4"] }, both)).toEqual([
      "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be 'SingleStack' to release the secondary IP family",
    ]);
  });

  it("leave a port its node port, by name, as long as no other port has it", () => {
    const before = service({
      type: "NodePort",
      ports: [{ name: "a", port: 80, nodePort: 30_001 }, { name: "b", port: 81, nodePort: 30_002 }],
    });
    const one = service({
      type: "NodePort",
      ports: [{ name: "a", port: 90 }, { name: "c", port: 91, nodePort: 30_002 }, { name: "b", port: 81 }],
    });
    expect(settleService(one, before)).toEqual([]);
    expect(one.spec.ports?.map(({ nodePort }) => nodePort)).toEqual([30_001, 30_002, undefined]);
  });
});
