import { describe, expect, it } from "vitest";
import type { LoadBalancerIngress, Service } from "../../../api/types/core_v1.ts";
import { serviceStrategy } from "./service.ts";
import { serviceWarnings } from "./service_warnings.ts";

function balanced(ingress: LoadBalancerIngress[], type = "LoadBalancer"): Service {
  return { metadata: { name: "web" }, spec: { type }, status: { loadBalancer: { ingress } } };
}

function faults(service: Service): string[] {
  return serviceStrategy.validateStatusUpdate!(service, service).map((error) => `${error.field}: ${error.body()}`);
}

describe("a load balancer's status", () => {
  it("has addresses that nodes may answer for, unless it says otherwise", () => {
    const service = balanced([{ ip: "192.0.2.1" }, { ip: "192.0.2.2", ipMode: "Proxy" }, {
      hostname: "lb.example.com",
    }]);
    serviceStrategy.defaultStatus!(service);
    expect(service.status?.loadBalancer?.ingress).toEqual([
      { ip: "192.0.2.1", ipMode: "VIP" },
      { ip: "192.0.2.2", ipMode: "Proxy" },
      { hostname: "lb.example.com" },
    ]);
    expect(faults(service)).toEqual([]);
  });

  it("is refused with what is no address, mode or name, and for other types", () => {
    const path = "status.loadBalancer.ingress";
    expect(faults(balanced([{ ip: "192.0.2.1" }], "ClusterIP")))
      .toEqual([`${path}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`]);
    expect(faults(balanced([], "ClusterIP"))).toEqual([]);
    expect(faults(balanced([{ ip: "here" }]))[0]).toContain(`${path}[0].ip: Invalid value: "here"`);
    expect(faults(balanced([{ ip: "192.0.2.1", ipMode: "Odd" }])))
      .toEqual([`${path}[0].ipMode: Unsupported value: "Odd": supported values: "Proxy", "VIP"`]);
    expect(faults(balanced([{ ipMode: "VIP" }])))
      .toEqual([`${path}[0].ipMode: Forbidden: may not be specified when \`ip\` is not set`]);
    expect(faults(balanced([{ hostname: "192.0.2.1" }])))
      .toEqual([`${path}[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address`]);
  });
});

describe("a Service's warnings", () => {
  const warnings = (spec: Service["spec"]) => serviceWarnings({ metadata: { name: "web" }, spec });

  it("are of what it says in vain", () => {
    expect(warnings({ clusterIP: "10.43.0.9", sessionAffinity: "ClientIP" })).toEqual([]);
    expect(warnings({ clusterIP: "None", sessionAffinity: "ClientIP", externalIPs: ["192.0.2.1"] })).toEqual([
      "spec.externalIPs is ignored for headless services",
      "spec.SessionAffinity is ignored for headless services",
    ]);
    expect(warnings({ externalIPs: ["192.0.2.1"], trafficDistribution: "PreferClose" })).toEqual([
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]);
    expect(warnings({ externalName: "a.example.com" }))
      .toEqual(['spec.externalName is ignored when spec.type is not "ExternalName"']);
  });
});
