import { describe, expect, it } from "vitest";
import {
  configmaps,
  localsubjectaccessreviews,
  rolebindings,
  roles,
  serviceaccounts,
  subjectaccessreviews,
} from "../../api/resources.ts";
import { pathOf, typed } from "./api.ts";
import { sharedApi } from "./shared_api.ts";

describe("an access review", () => {
  const api = sharedApi();

  it("says of a service account what happens to its requests, before and after it is given a role", async () => {
    const namespace = await api().namespace();
    await api().call("POST", pathOf(serviceaccounts, namespace), {
      body: typed(serviceaccounts, { metadata: { name: "account" } }),
    });
    const user = `system:serviceaccount:${namespace}:account`;
    const groups = ["system:authenticated", "system:serviceaccounts", `system:serviceaccounts:${namespace}`];
    const spec = {
      user,
      groups,
      resourceAttributes: { verb: "list", resource: "configmaps", version: "v1", namespace },
    };
    const decisions = async () => {
      const review = await api().call("POST", pathOf(subjectaccessreviews, ""), {
        body: typed(subjectaccessreviews, { spec }),
      });
      const local = await api().call("POST", pathOf(localsubjectaccessreviews, namespace), {
        body: typed(localsubjectaccessreviews, { metadata: { namespace }, spec }),
      });
      const real = await api().call("GET", pathOf(configmaps, namespace), {
        headers: { "impersonate-user": user, "impersonate-group": groups[0]! },
      });
      return [review.json.status.allowed, local.json.status.allowed, real.code];
    };
    expect(await decisions()).toEqual([false, false, 403]);

    await api().call("POST", pathOf(roles, namespace), {
      body: typed(roles, {
        metadata: { name: "reader" },
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["list"] }],
      }),
    });
    await api().call("POST", pathOf(rolebindings, namespace), {
      body: typed(rolebindings, {
        metadata: { name: "reader" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
        subjects: [{ kind: "ServiceAccount", name: "account", namespace }],
      }),
    });
    expect(await decisions()).toEqual([true, true, 200]);
  });
});
