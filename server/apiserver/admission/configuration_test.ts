import { describe, expect, it } from "vitest";
import { loadAdmissionConfiguration } from "./load_configuration.ts";

async function load(text: string, others: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries({ ...others, "admission.yaml": text })) {
      await Deno.writeTextFile(`${directory}/${name}`, content);
    }
    return await loadAdmissionConfiguration(`${directory}/admission.yaml`)
      .catch((error: Error) => error.message.replaceAll(`${directory}/`, ""));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n";
const podSecurity = "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n";

function plugin(name: string, configuration: string): string {
  return `${head}- name: ${name}\n  configuration:\n${configuration.replace(/^/gm, "    ")}\n`;
}

describe("the admission configuration", () => {
  it("of Pod Security, in place or in a file of its own", async () => {
    const text = `${podSecurity}defaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}
exemptions: {namespaces: [kube-system], runtimeClasses: [vm]}
`;
    const privileged = { level: "privileged", version: "latest" };
    const expected = {
      podSecurity: {
        defaults: {
          enforce: { level: "baseline", version: 30 },
          audit: privileged,
          warn: { level: "restricted", version: "latest" },
        },
        exemptions: { usernames: [], namespaces: ["kube-system"], runtimeClasses: ["vm"] },
      },
    };
    expect(await load(plugin("PodSecurity", text))).toEqual(expected);
    expect(await load(`${head}- {name: PodSecurity, path: psa.yaml}\n`, { "psa.yaml": text })).toEqual(expected);
  });

  it("of quotas", async () => {
    const text = `apiVersion: apiserver.config.k8s.io/v1
kind: ResourceQuotaConfiguration
limitedResources:
- resource: pods
  matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]
`;
    expect(await load(plugin("ResourceQuota", text))).toEqual({
      limitedResources: [{
        apiGroup: "",
        resource: "pods",
        matchContains: [],
        matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }],
      }],
    });
  });

  it("says what is wrong, and where", async () => {
    const cases: readonly [string, string][] = [
      ["a: [", "cannot read admission.yaml: "],
      ["[]", "the admission configuration is [], not a map"],
      ["kind: Pod", 'kind is "Pod", not AdmissionConfiguration'],
      [`${head}- name: Nope`, 'plugins[0].name is "Nope"; a configuration is for PodSecurity or ResourceQuota'],
      [`${head}- {name: PodSecurity, path: none.yaml}`, "cannot read none.yaml: "],
      [
        plugin("PodSecurity", `${podSecurity}defaults: {enforce: tight}`),
        "plugins[0].configuration.defaults.enforce must be one of privileged, baseline, restricted",
      ],
      [
        plugin("PodSecurity", `${podSecurity}exemptions: {users: []}`),
        "plugins[0].configuration.exemptions.users is not known here; there are usernames, namespaces, runtimeClasses",
      ],
      [
        plugin("PodSecurity", `${podSecurity}exemptions: {namespaces: [1]}`),
        "plugins[0].configuration.exemptions.namespaces[0] is 1, not a text",
      ],
    ];
    for (const [text, expected] of cases) expect(await load(text)).toContain(`admission.yaml: ${expected}`);
  });
});
