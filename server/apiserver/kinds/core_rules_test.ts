import { describe, expect, it } from "vitest";
import type { FieldError } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Event, Namespace, Node, PersistentVolumeClaim, Secret } from "../../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { IPAddress, NetworkPolicy, ServiceCIDR } from "../../../api/types/networking_v1.ts";
import { issueAuthority } from "../../pki/issue.ts";
import { endpointSliceStrategy } from "./endpoint_slice.ts";
import { eventStrategy } from "./event.ts";
import { eventV1 } from "./event_v1.ts";
import { namespaceStrategy } from "./namespace.ts";
import { networkPolicyStrategy } from "./network_policy.ts";
import { nodeStrategy } from "./node.ts";
import { persistentVolumeClaimStrategy } from "./persistent_volume_claim.ts";
import { secretStrategy } from "./secret.ts";
import { ipAddressStrategy, serviceCIDRStrategy } from "./service_cidr.ts";
import type { Strategy } from "./strategy.ts";

/** What is wrong with an object, and with how it differs from the old one. */
function faults<T extends KubeObject>(strategy: Strategy<T>, object: T, old?: T): string[] {
  const errors: FieldError[] = [...strategy.validate!(object, old)];
  errors.push(...(old ? strategy.validateUpdate?.(object, old) : strategy.validateCreate?.(object)) ?? []);
  return errors.map(String);
}

function eventOf(fields: Partial<Event>): Event {
  const involvedObject = { kind: "Pod", namespace: "n", name: "p" };
  return { metadata: { name: "e", namespace: "n" }, involvedObject, reason: "R", action: "a", ...fields };
}

describe("an Event", () => {
  const eventTime = "2026-01-02T03:04:05.000006Z";
  const whole = { eventTime, reportingComponent: "c", reportingInstance: "i", type: "Normal" };
  const strategy = eventV1.strategy as Strategy<Event>;

  it.each<[Partial<Event>, ...string[]]>([
    [
      { involvedObject: { namespace: "m" } },
      'involvedObject.namespace: Invalid value: "m": does not match event.namespace',
    ],
    [{ involvedObject: {} }, 'involvedObject.namespace: Invalid value: "": does not match event.namespace'],
    [
      { eventTime, reportingInstance: "x".repeat(129) },
      "reportingComponent: Required value",
      'reportingComponent: Invalid value: "": name part must be non-empty',
      'reportingComponent: Invalid value: "": name part must consist of',
      'reportingInstance: Invalid value: "": can have at most 128 characters',
    ],
  ])("of core's is refused with %j", ([fields, ...messages]) => {
    const found = faults(eventStrategy, eventOf(fields));
    expect(found).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(found[index]).toContain(message);
  });

  it("may be about another namespace's object when it has a time, and is not asked for more in core's version", () => {
    expect(faults(eventStrategy, eventOf({ ...whole, involvedObject: { namespace: "m" }, count: 3 }))).toEqual([]);
    expect(faults(eventStrategy, eventOf({}))).toEqual([]);
  });

  it("of the newer version has its own fields and none of the older", () => {
    expect(faults(strategy, eventOf(whole))).toEqual([]);
    expect(faults(strategy, eventOf({ type: "x", series: { count: 1 }, count: 1, source: { host: "h" } }))).toEqual([
      'series.count: Invalid value: "": should be at least 2',
      "series.lastObservedTime: Required value",
      "eventTime: Required value",
      'type: Invalid value: "": has invalid value: x',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ]);
    expect(faults(strategy, eventOf({ ...whole, related: { kind: "K" }, reportingComponent: "d" }), eventOf(whole)))
      .toEqual([
        'related: Invalid value: {"Kind":"K","Namespace":"","Name":"","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
        'reportingController: Invalid value: "d": field is immutable',
      ]);
  });
});

describe("a Node", () => {
  const node = (spec: Node["spec"], status: Node["status"] = {}): Node => ({ metadata: { name: "n" }, spec, status });

  it("has for Pods all it has, and no settings by the API", () => {
    const one = node({ configSource: {} }, { capacity: { cpu: "2" }, config: {} });
    nodeStrategy.defaults!(one);
    nodeStrategy.prepareForCreate!(one, { now: 0, warn: () => {} });
    expect(one).toEqual(node({}, { capacity: { cpu: "2" }, allocatable: { cpu: "2" } }));
  });

  it("is refused with what is no taint, amount, network or feature", () => {
    const taint = { key: "a", effect: "NoSchedule" };
    const status = { capacity: { cpu: "-1", pods: "1500m" }, declaredFeatures: ["B", "A", "a"] };
    expect(faults(nodeStrategy, node({ taints: [taint, taint], podCIDRs: ["10.0.0.0/24", "10.1.0.0/24"] }, status)))
      .toEqual([
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
        'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
        'status.capacity.pods: Invalid value: "1500m": must be an integer',
        'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
        expect.stringContaining('status.declaredFeatures[2]: Invalid value: "a": invalid feature name "a": must start'),
        'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
      ]);
  });

  it("keeps its network, its id and an address once", () => {
    const before = node({ podCIDRs: ["10.0.0.0/24"], providerID: "p" });
    const address = { type: "InternalIP", address: "10.0.0.1" };
    const now = node({ podCIDRs: ["10.0.1.0/24"], externalID: "x" }, { addresses: [address, address] });
    expect(faults(nodeStrategy, now, before)).toEqual([
      'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      "spec.externalID: Forbidden: may not be updated",
    ]);
  });
});

describe("a Secret for TLS", () => {
  const [one, other] = ["a", "b"].map((name) => issueAuthority(name, Date.now()));
  const base64 = (text: string) => new TextEncoder().encode(text).toBase64();
  const said = (certificate: string, key: string) =>
    secretStrategy.warnings!(
      {
        metadata: {},
        type: "kubernetes.io/tls",
        data: { "tls.crt": base64(certificate), "tls.key": base64(key) },
      } as Secret,
    );

  it("is warned of what is no pair", () => {
    const [{ certificate, key }, stranger] = [one!, other!];
    expect(said(certificate, key)).toEqual([]);
    expect(said(certificate, stranger.key)).toEqual(["tls: private key does not match public key"]);
    expect(said("", key)).toEqual(["tls: failed to find any PEM data in certificate input"]);
    expect(said(key, certificate)[0]).toContain("PEM inputs may have been switched");
    expect(said(certificate, certificate)).toEqual([
      "tls: found a certificate rather than a key in the PEM for the private key",
    ]);
    expect(said(certificate, key.replace(/\n[^-]+\n/, "\nAAAA\n"))).toEqual(["tls: failed to parse private key"]);
  });
});

describe("an EndpointSlice", () => {
  const slice = (fields: Partial<EndpointSlice>): EndpointSlice => ({
    metadata: { name: "s", namespace: "n" },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.1"] }],
    ...fields,
  });

  it.each<[Partial<EndpointSlice>, ...string[]]>([
    [
      { endpoints: [{ addresses: ["127.0.0.1"] }] },
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback',
    ],
    [
      { endpoints: [{ addresses: ["2001:db8::1"] }] },
      'endpoints[0].addresses: Invalid value: "2001:db8::1": must be an IPv4 address',
    ],
    [
      { addressType: "IPv6", endpoints: [{ addresses: ["2001:DB8::1"] }] },
      'endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")',
    ],
    [
      { addressType: "FQDN", endpoints: [{ addresses: ["local", "a.b."] }] },
      'endpoints[0].addresses[0]: Invalid value: "local": should be a domain with at least two segments separated by dots',
    ],
    [
      { endpoints: [{ addresses: ["10.0.0.1"], hostname: "A", hints: { forZones: [{ name: "z" }, { name: "z" }] } }] },
      'endpoints[0].hostname: Invalid value: "A"',
      'endpoints[0].hints.forZones[1].name: Duplicate value: "z"',
    ],
    [
      { ports: [{ name: "a" }, { name: "a", appProtocol: "a b" }] },
      'ports[1].name: Duplicate value: "a"',
      "ports[1].appProtocol: Inv",
    ],
  ])("is refused with %j", ([fields, ...messages]) => {
    const found = faults(endpointSliceStrategy, slice(fields));
    expect(found).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(found[index]).toContain(message);
  });

  it("loses the older version's topology, and counts what labels it has", () => {
    const [old, one] = [slice({}), slice({ endpoints: [{ addresses: ["10.0.0.1"], deprecatedTopology: { a: "b" } }] })];
    old.metadata.generation = 4;
    endpointSliceStrategy.prepareForUpdate!(one, old);
    expect([one.endpoints, one.metadata.generation]).toEqual([old.endpoints, 5]);
    const labelled = { ...slice({}), metadata: { name: "s", labels: { a: "b" } } };
    endpointSliceStrategy.prepareForUpdate!(labelled, old);
    expect((labelled as EndpointSlice).metadata.generation).toBe(5);
  });
});

describe("networks", () => {
  it("of Services are checked when they come, and grow by the other family alone", () => {
    const of = (...cidrs: string[]) => ({ metadata: { name: "c" }, spec: { cidrs } }) as ServiceCIDR;
    const families = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    expect(faults(serviceCIDRStrategy, of("10.0.0.0/8", "11.0.0.0/8"))).toEqual([
      `spec.cidrs: Invalid value: ["10.0.0.0/8","11.0.0.0/8"]: ${families}`,
    ]);
    expect(faults(serviceCIDRStrategy, of("a"), of("10.0.0.0/8"))).toEqual([
      'spec.cidrs[0]: Invalid value: "a": field is immutable',
    ]);
    expect(faults(serviceCIDRStrategy, of("10.0.0.0/8", "11.0.0.0/8"), of("10.0.0.0/8"))[0]).toContain(families);
    expect(faults(serviceCIDRStrategy, of("10.0.0.0/8", "2001:db8::/64"), of("10.0.0.0/8"))).toEqual([]);
  });

  it("of policies are told of when they have another form", () => {
    const spec = { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "2001:DB8::/32" } }] }] };
    expect(networkPolicyStrategy.warnings!({ metadata: {}, spec } as NetworkPolicy)).toEqual([
      'spec.ingress[0].from[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
    ]);
  });

  it("have addresses of a parent with a name", () => {
    const address = {
      metadata: { name: "10.0.0.1" },
      spec: { parentRef: { group: "a b", resource: "r", name: "n", namespace: "a/b" } },
    };
    expect(faults(ipAddressStrategy, address as IPAddress)).toEqual([
      expect.stringContaining('spec.parentRef.group: Invalid value: "a b"'),
      "spec.parentRef.namespace: Invalid value: \"a/b\": may not contain '/'",
    ]);
  });
});

describe("a Namespace", () => {
  it("has its name as a label and a phase, whatever status is written", () => {
    const namespace: Namespace = { metadata: { name: "n" }, spec: {} };
    namespaceStrategy.defaultStatus!(namespace);
    expect(namespace).toEqual({
      metadata: { name: "n", labels: { "kubernetes.io/metadata.name": "n" } },
      spec: {},
      status: { phase: "Active" },
    });
  });
});

describe("a claim", () => {
  it("tells of parts of bytes, and of amounts that there cannot be", () => {
    const claim = {
      metadata: {},
      spec: { resources: { requests: { storage: "1500m" } } },
      status: {
        capacity: { storage: "-1" },
        allocatedResources: { cpu: "1" },
        allocatedResourceStatuses: { storage: "x" },
      },
    } as PersistentVolumeClaim;
    expect(persistentVolumeClaimStrategy.warnings!(claim)).toEqual([
      'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
    ]);
    expect(persistentVolumeClaimStrategy.validateStatusUpdate!(claim, claim).map(String)).toEqual([
      "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
      expect.stringContaining('status.allocatedResourceStatuses: Unsupported value: "storage"'),
      'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
    ]);
  });

  it("moves its class from the annotation to the field", () => {
    const key = "volume.beta.kubernetes.io/storage-class";
    const of = (annotation: string | undefined, storageClassName?: string) =>
      ({
        metadata: { name: "c", ...annotation && { annotations: { [key]: annotation } } },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1" } },
          ...storageClassName && { storageClassName },
        },
      }) as PersistentVolumeClaim;
    expect(faults(persistentVolumeClaimStrategy, of(undefined, "a"), of("a"))).toEqual([]);
    expect(faults(persistentVolumeClaimStrategy, of("b"), of("a"))).toEqual([
      `metadata.annotations.${key}: Invalid value: "b": field is immutable`,
    ]);
    expect(faults(persistentVolumeClaimStrategy, of("a", "b"), of("a"))[0]).toContain(
      "spec: Forbidden: spec is immutable",
    );
  });
});
