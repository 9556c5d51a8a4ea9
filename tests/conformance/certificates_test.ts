import { describe, expect, it } from "vitest";
import { certificatesigningrequests } from "../../api/resources.ts";
import { certificateRequest } from "../fixtures/certificate_request.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, type TestApi, typed } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const merge = { "content-type": "application/merge-patch+json" };
const approved = { type: "Approved", status: "True", reason: "Test", message: "by a test" };

async function body(name: string, signerName: string) {
  const { pem } = await certificateRequest("CN=somebody,O=some-team");
  const spec = {
    request: btoa(pem),
    signerName,
    usages: ["digital signature", "client auth"],
    expirationSeconds: 3600,
  };
  return typed(certificatesigningrequests, { metadata: { name }, spec });
}

const pathTo = (...rest: string[]) => pathOf(certificatesigningrequests, "", ...rest);

async function certificateOf(api: TestApi, name: string): Promise<string> {
  return await retry("the certificate", async () => {
    const { json } = await api.call("GET", pathTo(name));
    expect(json.status.certificate).toBeTruthy();
    return json.status.certificate;
  });
}

describe("a CertificateSigningRequest", () => {
  const api = sharedApi();

  it("lives its life", async () => {
    const { spec } = await body("", "skiff.test/nobody") as unknown as { spec: Record<string, unknown> };
    const condition = { type: "Seen", status: "True", reason: "Test", message: "by a test" };
    await liveThrough(api(), {
      resource: certificatesigningrequests,
      object: { spec },
      status: { conditions: [condition] },
    });
  });

  it("is signed when it is approved, for who asked and how long he asked for", async () => {
    await api().call("POST", pathTo(), { body: await body("signed", "kubernetes.io/kube-apiserver-client") });
    const { json } = await api().call("GET", pathTo("signed"));
    expect(json.spec.username).toBe("system:admin");
    const approval = { ...json, status: { conditions: [approved] } };
    expect((await api().call("PUT", pathTo("signed", "approval"), { body: approval })).code).toBe(200);
    expect(atob(await certificateOf(api(), "signed"))).toContain("-----BEGIN CERTIFICATE-----");
  });

  it("takes conditions and annotations by its approval, and no certificate", async () => {
    await api().call("POST", pathTo(), { body: await body("approval", "skiff.test/nobody") });
    await api().call("PATCH", pathTo("approval"), {
      headers: merge,
      body: { metadata: { annotations: { before: "yes" } } },
    });
    expect((await api().call("GET", pathTo("approval", "approval"))).json.kind).toBe("CertificateSigningRequest");
    const condition = { type: "ApprovalPatch", status: "True", reason: "test" };
    const patched = await api().call("PATCH", pathTo("approval", "approval"), {
      headers: merge,
      body: {
        metadata: { annotations: { patched: "yes" } },
        spec: { signerName: "skiff.test/other" },
        status: { certificate: btoa("none"), conditions: [condition] },
      },
    });
    expect(patched.json.metadata.annotations).toEqual({ before: "yes", patched: "yes" });
    expect(patched.json.spec.signerName).toBe("skiff.test/nobody");
    expect(patched.json.status.certificate).toBeUndefined();
    expect(patched.json.status.conditions).toMatchObject([condition]);
    const { conditions } = patched.json.status;
    const replaced = await api().call("PUT", pathTo("approval", "approval"), {
      body: { ...patched.json, status: { conditions: [...conditions, approved] } },
    });
    expect(replaced.json.status.conditions).toMatchObject([condition, approved]);
  });

  it("takes a certificate by its status, and no approval", async () => {
    await api().call("POST", pathTo(), { body: await body("other", "kubernetes.io/kube-apiserver-client") });
    const { json } = await api().call("GET", pathTo("other"));
    await api().call("PUT", pathTo("other", "approval"), { body: { ...json, status: { conditions: [approved] } } });
    const certificate = await certificateOf(api(), "other");
    await api().call("POST", pathTo(), { body: await body("status", "skiff.test/nobody") });
    const patched = await api().call("PATCH", pathTo("status", "status"), {
      headers: merge,
      body: { metadata: { annotations: { patched: "yes" } }, status: { certificate } },
    });
    expect([patched.code, patched.json.status.certificate]).toEqual([200, certificate]);
    expect(patched.json.metadata.annotations).toEqual({ patched: "yes" });
    const refused = await api().call("PATCH", pathTo("status", "status"), {
      headers: merge,
      body: { status: { conditions: [approved] } },
    });
    expect([refused.code, refused.json.reason]).toEqual([422, "Invalid"]);
  });
});
