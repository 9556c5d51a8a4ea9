import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatTime } from "../../../api/meta/time.ts";
import { certificatesigningrequests, clusterrolebindings, nodes, secrets } from "../../../api/resources.ts";
import { isNotFound, type StatusError } from "../../../api/status.ts";
import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import { makeCertificateRequest } from "../../../client/certificate_request.ts";
import { createClientCertificateVerifier } from "../../../client/verify_client_certificate.ts";
import { certificateRequest } from "../../../tests/fixtures/certificate_request.ts";
import { withAuthenticatedGroup } from "../../apiserver/auth/authenticator.ts";
import { serviceAccountUser } from "../../apiserver/auth/service_account_user.ts";
import { nodeNamed, SecuredRegistry, userNamed } from "../../apiserver/auth/testing/secured_registry.ts";
import type { UserInfo } from "../../apiserver/contract.ts";
import { issueAuthority } from "../../pki/issue.ts";
import { signRequest } from "../../pki/sign_request.ts";
import { CaBundle } from "../serviceaccount/ca_bundle.ts";
import { startControllers } from "../start.ts";
import { endOf } from "./cleaner.ts";

const client = "kubernetes.io/kube-apiserver-client";
const kubeletClient = "kubernetes.io/kube-apiserver-client-kubelet";
const kubeletServing = "kubernetes.io/kubelet-serving";
const clientUsages = ["digital signature", "client auth"];
const servingUsages = ["digital signature", "server auth"];

async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(() => "accepted", (error: StatusError) => error.message);
}

describe("certificate requests", () => {
  let secured: SecuredRegistry;
  let stop: AbortController;
  let ended: Promise<void>;
  const authority = issueAuthority("test", Date.UTC(2025, 11, 1));

  beforeEach(async () => {
    secured = await SecuredRegistry.open();
    stop = new AbortController();
    const { clock, registry } = secured.test;
    const running = await startControllers({
      client: secured.admin,
      // As in the server: signing and approving are rights of this account, which admission looks at.
      clientOf: (account) => secured.clientOf(withAuthenticatedGroup(serviceAccountUser("kube-system", account))),
      clock,
      signal: stop.signal,
      caBundle: new CaBundle("PEM"),
      tokenIssuer: { issueForSecret: () => Promise.resolve("TOKEN") },
      signRequest: (request, wanted) => signRequest(authority, request, wanted, clock.now()),
      clusterCidr: "10.42.0.0/16",
      reservedNames: () => Promise.resolve({ names: ["kubernetes", "192.0.2.1"], networks: ["10.42.0.0/15"] }),
      resources: () => registry.resources(),
    });
    ended = running.ended;
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    await secured[Symbol.asyncDispose]();
  });

  async function make(
    name: string,
    user: UserInfo,
    subject: string,
    signerName: string,
    usages: string[],
    wish: Parameters<typeof certificateRequest>[1] = {},
  ): Promise<CertificateSigningRequest> {
    const { pem } = await certificateRequest(subject, wish);
    const spec = { request: btoa(pem), signerName, usages, username: "forged", groups: ["system:masters"] };
    return await secured.clientOf(user).create(certificatesigningrequests, { metadata: { name }, spec });
  }

  const get = (name: string) => secured.admin.get(certificatesigningrequests, { name });

  async function approve(user: UserInfo, name: string, type = "Approved"): Promise<void> {
    const request = await get(name);
    const conditions = [...request.status?.conditions ?? [], { type, status: "True" }];
    const decided = { ...request, status: { ...request.status, conditions } };
    await secured.clientOf(user).update(certificatesigningrequests, decided, { subresource: "approval" });
  }

  async function settled(name: string): Promise<CertificateSigningRequest> {
    for (let i = 0; i < 20; i++) await secured.test.clock.advance(1);
    return await get(name);
  }

  function certificateIn({ status }: CertificateSigningRequest): X509Certificate | undefined {
    return status?.certificate ? new X509Certificate(atob(status.certificate)) : undefined;
  }

  it("note who made them, and go from approval to a certificate", async () => {
    const made = await make("a", userNamed("jane", "team"), "CN=carol,O=team", client, clientUsages);
    expect(made.spec.username).toBe("jane");
    expect(made.spec.groups).toEqual(["team", "system:authenticated"]);
    expect(certificateIn(await settled("a"))).toBeUndefined();
    await approve(userNamed("root", "system:masters"), "a");
    const issued = await settled("a");
    const certificate = certificateIn(issued)!;
    expect(certificate.subject).toBe("CN=carol\nO=team");
    const verify = createClientCertificateVerifier(authority.certificate, secured.test.clock);
    expect(verify(certificate)).toMatchObject({ ok: true, commonName: "carol", organizations: ["team"] });
    expect(issued.status?.conditions?.[0]).toMatchObject({
      type: "Approved",
      lastUpdateTime: formatTime(Date.UTC(2026, 0, 1)),
    });
  });

  const bootstrapper = userNamed("system:bootstrap:x", "system:bootstrappers");
  const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

  /** A machine's request for its node, with the machine's key. */
  async function ask(name: string, user: UserInfo, node: string, key = newKey(), names: readonly string[] = []) {
    const subject = { commonName: `system:node:${node}`, organizations: ["system:nodes"], names };
    const [signerName, usages] = names.length === 0 ? [kubeletClient, clientUsages] : [kubeletServing, servingUsages];
    const spec = { request: btoa(makeCertificateRequest(subject, key)), signerName, usages };
    await secured.clientOf(user).create(certificatesigningrequests, { metadata: { name }, spec });
    const settledRequest = await settled(name);
    const { type, reason, message } = settledRequest.status?.conditions?.[0] ?? {};
    return { type, reason, message, certificate: certificateIn(settledRequest) };
  }

  it("of nodes are approved where roles say so", async () => {
    for (const role of ["selfnodeclient", "nodeclient"]) {
      const name = `system:certificates.k8s.io:certificatesigningrequests:${role}`;
      const binding = await secured.admin.get(clusterrolebindings, { name });
      await secured.admin.update(clusterrolebindings, { ...binding, subjects: [] });
    }
    const key = newKey();
    expect((await ask("early", nodeNamed("n1"), "n1", key)).type).toBeUndefined();
    const bind = (name: string, role: string, group: string) =>
      secured.admin.create(clusterrolebindings, {
        metadata: { name },
        roleRef: { kind: "ClusterRole", name: `system:certificates.k8s.io:certificatesigningrequests:${role}` },
        subjects: [{ kind: "Group", name: group }],
      });
    await bind("renew", "selfnodeclient", "system:nodes");
    await bind("join", "nodeclient", "system:bootstrappers");
    await secured.test.clock.advance(2_000);
    expect(certificateIn(await settled("early"))).toBeDefined();
    expect((await ask("self", nodeNamed("n1"), "n1", key)).certificate?.subject).toContain("CN=system:node:n1");
    expect(await ask("join", bootstrapper, "n1", key)).toMatchObject({ type: "Approved", reason: "AutoApproved" });
    expect((await ask("other", userNamed("jane"), "n1", key)).type).toBeUndefined();
    expect(await outcome(ask("wrong", nodeNamed("n2"), "n1"))).toContain(
      "can only create a node CSR with CN=system:node:n2",
    );
    await make("names", bootstrapper, "O=system:nodes,CN=system:node:n1", kubeletClient, clientUsages, { dns: ["x"] });
    expect((await settled("names")).status?.conditions).toBeUndefined();
  });

  it("of nodes are the first key's that comes, until the Node or its Secret is deleted", async () => {
    const [first, second] = [newKey(), newKey()];
    expect((await ask("a", bootstrapper, "n1", first)).type).toBe("Approved");
    const refused = await ask("b", bootstrapper, "n1", second);
    expect(refused).toMatchObject({ type: "Denied", reason: "OtherMachine", certificate: undefined });
    expect(refused.message).toContain("kubectl delete node n1");
    expect((await ask("c", nodeNamed("n1"), "n1", second)).type).toBe("Denied");
    expect((await ask("d", bootstrapper, "n1", first)).type).toBe("Approved");
    expect((await ask("e", bootstrapper, "n2", second)).type).toBe("Approved");

    await secured.admin.create(nodes, { metadata: { name: "n1" }, spec: {} });
    await secured.admin.delete(nodes, { name: "n1" });
    await settled("e");
    expect((await ask("f", bootstrapper, "n1", second)).type).toBe("Approved");
    expect((await ask("g", bootstrapper, "n1", first)).type).toBe("Denied");
    await secured.admin.delete(secrets, { namespace: "kube-system", name: "n1.node-identity.skiff" });
    expect((await ask("h", bootstrapper, "n1", first)).type).toBe("Approved");
  });

  it("for what a node serves are approved for its own name and address alone", async () => {
    const key = newKey();
    const n1 = nodeNamed("n1");
    const good = await ask("good", n1, "n1", key, ["n1", "192.0.2.7", "2001:db8::7"]);
    expect(good).toMatchObject({ type: "Approved", reason: "AutoApproved" });
    expect(good.certificate?.subjectAltName).toContain("IP Address:192.0.2.7");
    for (const [index, taken] of ["kubernetes", "192.0.2.1", "10.43.0.1", "10.42.7.9"].entries()) {
      expect(await ask(`bad${index}`, n1, "n1", key, ["n1", taken])).toMatchObject({
        type: "Denied",
        reason: "ReservedName",
        message: `${taken} is the API server's, a Service's or a Pod's: no node may serve under it`,
      });
    }
    expect((await ask("self", nodeNamed("kubernetes"), "kubernetes", key, ["kubernetes"])).type).toBe("Denied");
    expect((await ask("other", n1, "n1", key, ["n1", "n2"])).type).toBeUndefined();
    expect((await ask("stranger", userNamed("jane"), "n1", key, ["n1"])).type).toBeUndefined();
    expect(await outcome(ask("neighbour", nodeNamed("n2"), "n1", key, ["n1"]))).toContain("is forbidden");
  });

  it("are refused by their signer for what it does not sign", async () => {
    const root = userNamed("root", "system:masters");
    const cases: [string, string, string[], Parameters<typeof certificateRequest>[1], string][] = [
      ["CN=x", client, [...clientUsages, "server auth"], {}, "invalid usage for client certificate: server auth"],
      [
        "O=system:nodes,CN=n1",
        kubeletServing,
        servingUsages,
        { dns: ["n1"] },
        "subject common name does not begin with system:node:",
      ],
      ["O=system:nodes,CN=system:node:n1", kubeletServing, servingUsages, {}, "DNS or IP subjectAltName is required"],
      [
        "O=system:nodes,CN=system:node:n1",
        kubeletServing,
        clientUsages,
        { dns: ["n1"] },
        "usages did not match [digital signature key encipherment server auth]",
      ],
      ["O=team,CN=system:node:n1", kubeletClient, clientUsages, {}, "subject organization is not system:nodes"],
    ];
    for (const [index, [subject, signer, usages, wish, message]] of cases.entries()) {
      await make(`r${index}`, root, subject, signer, usages, wish);
      await approve(root, `r${index}`);
      const { status } = await settled(`r${index}`);
      expect(status?.conditions?.at(-1)).toMatchObject({ type: "Failed", reason: "SignerValidationFailure", message });
      expect(status?.certificate).toBeUndefined();
    }
    await make("serving", root, "O=system:nodes,CN=system:node:n1", kubeletServing, servingUsages, {
      dns: ["n1"],
      ips: ["10.0.0.1"],
    });
    await approve(root, "serving");
    expect(certificateIn(await settled("serving"))?.subjectAltName).toBe("DNS:n1, IP Address:10.0.0.1");
    await make("foreign", root, "CN=x", "example.org/signer", ["client auth"]);
    await approve(root, "foreign");
    expect(await settled("foreign")).toMatchObject({ status: { conditions: [{ type: "Approved" }] } });
  });

  it("are approved and signed by those alone who may act for the signer", async () => {
    const jane = userNamed("jane");
    const masters = await outcome(make("m", jane, "O=system:masters,CN=x", client, clientUsages));
    expect(masters).toContain(`use of ${client} signer with system:masters group is not allowed`);
    await make("a", jane, "CN=jane", client, clientUsages);
    expect(await outcome(approve(jane, "a"))).toContain(
      `user not permitted to approve requests with signerName "${client}"`,
    );
    const forged = { ...await get("a"), status: { certificate: btoa(authority.certificate) } };
    const sign = (user: UserInfo) =>
      outcome(secured.clientOf(user).update(certificatesigningrequests, forged, { subresource: "status" }));
    expect(await sign(jane)).toContain(`user not permitted to sign requests with signerName "${client}"`);
    await secured.admin.create(clusterrolebindings, {
      metadata: { name: "approver" },
      roleRef: { kind: "ClusterRole", name: "system:certificates.k8s.io:kube-apiserver-client-approver" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    expect(await outcome(approve(jane, "a", "Denied"))).toBe("accepted");
    expect(await outcome(approve(jane, "a"))).toContain("mutually exclusive");
    expect(
      await outcome(secured.admin.patch(certificatesigningrequests, { name: "a" }, {
        type: "merge",
        patch: { status: { conditions: [] } },
      }, { subresource: "approval" })),
    ).toContain('may not remove a condition of type "Denied"');
  });

  it("are checked: signature, usages, signer, and nothing of them changes afterwards", async () => {
    const root = userNamed("root", "system:masters");
    const { pem } = await certificateRequest("CN=x");
    const der = Uint8Array.fromBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
    der[der.length - 5]! ^= 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toBase64()}\n-----END CERTIFICATE REQUEST-----\n`;
    const create = (spec: Partial<CertificateSigningRequest["spec"]>) =>
      outcome(secured.admin.create(certificatesigningrequests, {
        metadata: { name: `c${Math.random()}` },
        spec: { request: btoa(pem), signerName: "example.org/s", usages: ["client auth"], ...spec },
      }));
    expect(await create({})).toBe("accepted");
    expect(await create({ request: btoa(forged) })).toContain("the signature of the request does not match its key");
    expect(await create({ request: btoa("nonsense") })).toContain("PEM block type must be CERTIFICATE REQUEST");
    expect(await create({ usages: ["fly"] })).toContain('Unsupported value: "fly"');
    expect(await create({ usages: ["any", "any"] })).toContain("Duplicate value");
    expect(await create({ signerName: "kubernetes.io/legacy-unknown" })).toContain("legacy signerName is not allowed");
    expect(await create({ signerName: "nodomain" })).toContain("must be a fully qualified domain and path");
    await make("a", root, "CN=x", client, clientUsages);
    const changed = await secured.admin.patch(certificatesigningrequests, { name: "a" }, {
      type: "merge",
      patch: { spec: { username: "other", signerName: "example.org/other" } },
    });
    expect([changed.spec.username, changed.spec.signerName]).toEqual(["root", client]);
  });

  it("go when nobody needs them any more", async () => {
    const root = userNamed("root", "system:masters");
    await make("pending", root, "CN=x", client, clientUsages);
    await make("issued", root, "CN=x", client, clientUsages);
    await approve(root, "issued");
    expect(certificateIn(await settled("issued"))).toBeDefined();
    await secured.test.clock.advance(3_600_000);
    await settled("pending");
    expect(isNotFound(await get("issued").catch((error) => error))).toBe(true);
    await secured.test.clock.advance(23 * 3_600_000);
    await settled("pending").catch(() => {});
    expect(isNotFound(await get("pending").catch((error) => error))).toBe(true);
  });
});

describe("endOf", () => {
  const at = (milliseconds: number) => formatTime(milliseconds);
  const request = (type: string | undefined, certificate = ""): CertificateSigningRequest => ({
    metadata: { creationTimestamp: at(0) },
    spec: { request: "", signerName: "a/b", usages: [] },
    status: {
      ...(type === undefined ? {} : { conditions: [{ type, status: "True", lastUpdateTime: at(1000) }] }),
      ...(certificate === "" ? {} : { certificate }),
    },
  });
  const hour = 3_600_000;
  const cases: [string, CertificateSigningRequest, number][] = [
    ["a day after it was made, when nothing was decided", request(undefined), 24 * hour],
    ["a day after its approval, when nothing was issued", request("Approved"), 1000 + 24 * hour],
    ["an hour after its approval, when it was issued", request("Approved", btoa("x")), 1000 + hour],
    ["an hour after it was denied", request("Denied"), 1000 + hour],
    ["an hour after its signer gave it up", request("Failed"), 1000 + hour],
  ];
  for (const [what, given, end] of cases) it(what, () => expect(endOf(given)).toBe(end));
});
