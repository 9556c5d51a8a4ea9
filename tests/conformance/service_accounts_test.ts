import { describe, expect, it } from "vitest";
import { configmaps, pods, serviceaccounts, tokenreviews } from "../../api/resources.ts";
import { retry } from "../e2e/retry.ts";
import { pathOf, typed } from "./api.ts";
import { liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";
import { Watching } from "./watching.ts";

const merge = { "content-type": "application/merge-patch+json" };
const spec = { containers: [{ name: "c", image: "i" }] };

describe("a ServiceAccount", () => {
  const api = sharedApi();

  it("lives its life", () => liveThrough(api(), { resource: serviceaccounts, object: {} }));

  it("changes whether its token is mounted", async () => {
    const namespace = await api().namespace();
    const path = pathOf(serviceaccounts, namespace, "account");
    const body = typed(serviceaccounts, { metadata: { name: "account" }, automountServiceAccountToken: false });
    const { json } = await api().call("POST", pathOf(serviceaccounts, namespace), { body });
    expect(json.automountServiceAccountToken).toBe(false);
    const replaced = await api().call("PUT", path, { body: { ...json, automountServiceAccountToken: true } });
    expect([replaced.code, replaced.json.automountServiceAccountToken]).toEqual([200, true]);
  });

  it("gives a Pod its token unless the Pod, or else the account, declines", async () => {
    const namespace = await api().namespace();
    for (const [name, wants] of [["default", undefined], ["mount", true], ["nomount", false]] as const) {
      const body = typed(serviceaccounts, {
        metadata: { name },
        ...(wants !== undefined && { automountServiceAccountToken: wants }),
      });
      if (name !== "default") await api().call("POST", pathOf(serviceaccounts, namespace), { body });
    }
    const cases: readonly (readonly [account: string, pod: boolean | undefined, mounted: boolean])[] = [
      ["default", undefined, true],
      ["default", true, true],
      ["default", false, false],
      ["mount", undefined, true],
      ["mount", true, true],
      ["mount", false, false],
      ["nomount", undefined, false],
      ["nomount", true, true],
      ["nomount", false, false],
    ];
    for (const [account, wants, mounted] of cases) {
      const body = typed(pods, {
        metadata: { generateName: "pod-" },
        spec: {
          ...spec,
          serviceAccountName: account,
          ...(wants !== undefined && { automountServiceAccountToken: wants }),
        },
      });
      const { json } = await retry("the account", async () => {
        const answer = await api().call("POST", pathOf(pods, namespace), { body });
        expect([answer.code, answer.json.message]).toEqual([201, undefined]);
        return answer;
      });
      const paths = (json.spec.containers[0].volumeMounts ?? []).map(({ mountPath }: { mountPath: string }) =>
        mountPath
      );
      const expected = mounted ? ["/var/run/secrets/kubernetes.io/serviceaccount"] : [];
      expect([account, wants, paths]).toEqual([account, wants, expected]);
    }
  });

  it("has tokens that a review knows, and that are good for requests", async () => {
    const namespace = await api().namespace();
    const account = { metadata: { name: "account" } };
    const { json } = await api().call("POST", pathOf(serviceaccounts, namespace), {
      body: typed(serviceaccounts, account),
    });
    const request = await api().call("POST", pathOf(serviceaccounts, namespace, "account", "token"), {
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } },
    });
    expect(request.code).toBe(201);
    const { token } = request.json.status;
    const review = async (text: string) =>
      (await api().call("POST", pathOf(tokenreviews, ""), { body: typed(tokenreviews, { spec: { token: text } }) }))
        .json;
    expect((await review(token)).status).toMatchObject({
      authenticated: true,
      user: { username: `system:serviceaccount:${namespace}:account`, uid: json.metadata.uid },
    });
    expect((await review(`${token}x`)).status.authenticated).toBeFalsy();

    const own = pathOf(pods, namespace);
    expect((await api().call("GET", own, { token })).json.message).toContain(
      `User "system:serviceaccount:${namespace}:account" cannot list resource "pods"`,
    );
    await api().call("DELETE", pathOf(serviceaccounts, namespace, "account"));
    expect((await api().call("GET", own, { token })).code).toBe(401);
  });

  it("finds the cluster's authority in kube-root-ca.crt, which comes again and is put right", async () => {
    const namespace = await api().namespace();
    const path = pathOf(configmaps, namespace, "kube-root-ca.crt");
    const good = await retry("the ConfigMap", async () => {
      const { code, json } = await api().call("GET", path);
      expect(code).toBe(200);
      return json.data["ca.crt"];
    });
    expect(good).toContain("BEGIN CERTIFICATE");
    expect((await api().call("DELETE", path)).code).toBe(200);
    await retry("it to come again", async () => expect((await api().call("GET", path)).code).toBe(200));
    await api().call("PATCH", path, { headers: merge, body: { data: { "ca.crt": "wrong" } } });
    await retry(
      "it to be put right",
      async () => expect((await api().call("GET", path)).json.data["ca.crt"]).toBe(good),
    );
  });

  it("is seen by a watch of all namespaces", async () => {
    using watching = await Watching.start(api(), serviceaccounts, "", { labelSelector: "watched=yes" });
    const namespace = await api().namespace();
    const body = typed(serviceaccounts, { metadata: { name: "account", labels: { watched: "yes" } } });
    await api().call("POST", pathOf(serviceaccounts, namespace), { body });
    expect((await watching.until("ADDED")).metadata.namespace).toBe(namespace);
  });
});
