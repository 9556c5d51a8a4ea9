import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { certificateDer, testAuthority, testCertificate } from "../../../tests/fixtures/certificates.ts";
import type { UserInfo } from "../contract.ts";
import { type Authenticator, type Credentials, unionAuthenticator } from "./authenticator.ts";
import { refusal } from "./authorizer.ts";
import { audienceAgnostic, bearerTokenAuthenticator, staticTokens } from "./bearer_tokens.ts";
import { clientCertificateAuthenticator } from "./client_certificates.ts";

async function union(): Promise<{ union: Authenticator; certificate: Uint8Array; foreign: Uint8Array }> {
  const [ca, impostor] = [await testAuthority(), await testAuthority()];
  const wish = { subject: [{ O: ["team"] }, { CN: ["jane"] }] };
  const tokens = audienceAgnostic(staticTokens(new Map([["right", { name: "bob", groups: [] }]])), ["api"]);
  return {
    union: unionAuthenticator([
      clientCertificateAuthenticator(() => ca.certificate.toString("pem"), { now: () => Date.now() }),
      bearerTokenAuthenticator(tokens, ["api"]),
    ]),
    certificate: certificateDer(await testCertificate(ca, wish)),
    foreign: certificateDer(await testCertificate(impostor, wish)),
  };
}

async function outcome(authenticator: Authenticator, credentials: Partial<Credentials>): Promise<string> {
  try {
    const user = await authenticator.authenticate({
      certificate: undefined,
      authorization: undefined,
      path: "/livez",
      ...credentials,
    });
    return user === undefined ? "nobody" : `${user.name} ${user.groups.join(",")}`;
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

const prefix = "base64url.bearer.authorization.k8s.io.";

describe("unionAuthenticator", () => {
  it("takes the first that knows the user, and refuses wrong credentials rather than calling them anonymous", async () => {
    const { union: authenticator, certificate, foreign } = await union();
    const cases: [Partial<Credentials>, string][] = [
      [{}, "system:anonymous system:unauthenticated"],
      [{ certificate }, "jane team,system:authenticated"],
      [{ authorization: "Bearer right" }, "bob system:authenticated"],
      [{ authorization: "bearer right" }, "bob system:authenticated"],
      [{ certificate, authorization: "Bearer wrong" }, "jane team,system:authenticated"],
      [{ certificate: foreign }, "certificate"],
      [{ certificate: foreign, authorization: "Bearer right" }, "bob system:authenticated"],
      [{ certificate: foreign, authorization: "Bearer wrong" }, "certificate"],
      [{ authorization: "Bearer wrong" }, "token"],
      [{ authorization: "Basic cmlnaHQ6" }, "system:anonymous system:unauthenticated"],
      [{ path: "/version" }, "nobody"],
      [{ path: "/livez/ping" }, "nobody"],
      [{ path: "/version", authorization: "Bearer wrong" }, "token"],
      [{ webSocketProtocols: `v5.channel.k8s.io, ${prefix}cmlnaHQ` }, "bob system:authenticated"],
      [{ webSocketProtocols: `v5.channel.k8s.io,${prefix}d3Jvbmc` }, "token"],
      [{ webSocketProtocols: `v5.channel.k8s.io,${prefix}cmlnaHQ,${prefix}cmlnaHQ` }, "token"],
      [{ webSocketProtocols: `${prefix}cmlnaHQ` }, "token"],
      [{ webSocketProtocols: `v5.channel.k8s.io,${prefix}cmlna+Q` }, "token"],
      [{ webSocketProtocols: "v5.channel.k8s.io", path: "/version" }, "nobody"],
    ];
    for (const [credentials, expected] of cases) expect(await outcome(authenticator, credentials)).toBe(expected);
  });

  it("names the certificate by which somebody came", async () => {
    const { union: authenticator, certificate } = await union();
    const user = await authenticator.authenticate({ certificate, authorization: undefined, path: "/" });
    const fingerprint = new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
    expect(user?.extra).toEqual({ "authentication.kubernetes.io/credential-id": [`X509SHA256=${fingerprint}`] });
  });

  it("lets a certificate go on the second it ends, however well it is known", async () => {
    const ca = await testAuthority();
    const clock = new ManualClock(Date.now());
    const certificate = certificateDer(await testCertificate(ca, { notAfter: clock.now() + 60_000 }));
    const authenticator = clientCertificateAuthenticator(() => ca.certificate.toString("pem"), clock);
    expect(authenticator.authenticate({ certificate, authorization: undefined, path: "/" })).toBeDefined();
    await clock.advance(62_000);
    expect(() => authenticator.authenticate({ certificate, authorization: undefined, path: "/" })).toThrow(/expired/);
  });
});

describe("refusal", () => {
  const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] };
  const pods = { group: "", version: "v1", resource: "pods", subresource: "", namespace: "a", name: "" };

  it("has upstream's words for a refusal", () => {
    const sub = { ...pods, subresource: "log", name: "web" };
    expect(refusal({ user: jane, verb: "get", resource: sub, path: "" })).toEqual({
      resource: { group: "", resource: "pods" },
      name: "web",
      detail: 'User "jane" cannot get resource "pods/log" in API group "" in the namespace "a"',
    });
    expect(refusal({ user: jane, verb: "list", resource: { ...pods, namespace: "" }, path: "" }).detail)
      .toBe('User "jane" cannot list resource "pods" in API group "" at the cluster scope');
    expect(refusal({ user: jane, verb: "get", path: "/metrics" }).detail).toBe(
      'User "jane" cannot get path "/metrics"',
    );
  });
});
