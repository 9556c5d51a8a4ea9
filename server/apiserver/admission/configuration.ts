import type { LimitedResource } from "../../quota/charge.ts";
import type { ScopedResourceSelectorRequirement } from "../../../api/types/core_v1.ts";
import { ConfigurationReader } from "./configuration_reader.ts";
import { defaultPodSecurity, type PodSecurityConfiguration } from "./pod_security/configuration.ts";
import { type LevelVersion, parseLevel, parseVersion, type Policy } from "./pod_security/policy.ts";

/** What an administrator may set of the plugins. */
export interface AdmissionConfiguration {
  readonly podSecurity?: PodSecurityConfiguration;
  /** What nobody may use without a quota that covers it. */
  readonly limitedResources?: readonly LimitedResource[];
}

/** The plugins that take a configuration, each with the kind that it is written as. */
const plugins: Readonly<Record<string, (at: ConfigurationReader) => AdmissionConfiguration>> = {
  PodSecurity: (at) => ({ podSecurity: podSecurity(at) }),
  ResourceQuota: (at) => ({ limitedResources: limitedResources(at) }),
};

/**
 * Reads an `AdmissionConfiguration` of `apiserver.config.k8s.io/v1`, as kube-apiserver takes it by `--admission-control-config-file`; `document` is its parsed
 * YAML. `include` gives the parsed content of a file that an entry names by `path`. Throws an AdmissionConfigurationError that says what is wrong and where.
 */
export async function readAdmissionConfiguration(
  document: unknown,
  include: (path: string) => Promise<unknown>,
): Promise<AdmissionConfiguration> {
  const at = new ConfigurationReader(document, "");
  at.requireKind("apiserver.config.k8s.io/v1", "AdmissionConfiguration");
  at.allow("apiVersion", "kind", "plugins");
  let read: AdmissionConfiguration = {};
  for (const entry of at.items("plugins")) {
    entry.allow("name", "path", "configuration");
    const name = entry.text("name");
    const plugin = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
    if (plugin === undefined) {
      throw entry.error(
        "name",
        `is ${JSON.stringify(name)}; a configuration is for ${Object.keys(plugins).join(" or ")}`,
      );
    }
    const path = entry.text("path", "");
    const own = path === "" ? entry.child("configuration") : new ConfigurationReader(await include(path), path);
    read = { ...read, ...plugin(own) };
  }
  return read;
}

function podSecurity(at: ConfigurationReader): PodSecurityConfiguration {
  at.requireKind("pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration");
  at.allow("apiVersion", "kind", "defaults", "exemptions");
  const [defaults, exemptions] = [at.child("defaults"), at.child("exemptions")];
  const modes = ["enforce", "audit", "warn"] as const;
  defaults.allow(...modes, ...modes.map((mode) => `${mode}-version`));
  exemptions.allow("usernames", "namespaces", "runtimeClasses");
  return {
    defaults: Object.fromEntries(modes.map((mode) => [mode, levelVersion(defaults, mode)])) as unknown as Policy,
    exemptions: {
      usernames: exemptions.texts("usernames"),
      namespaces: exemptions.texts("namespaces"),
      runtimeClasses: exemptions.texts("runtimeClasses"),
    },
  };
}

function levelVersion(at: ConfigurationReader, mode: keyof Policy): LevelVersion {
  const fallback = defaultPodSecurity.defaults[mode];
  const level = parseLevel(at.text(mode, fallback.level));
  if (level === undefined) throw at.error(mode, "must be one of privileged, baseline, restricted");
  const version = parseVersion(at.text(`${mode}-version`, "latest"));
  if (version === undefined) throw at.error(`${mode}-version`, 'must be "latest" or "v1.x"');
  return { level, version };
}

function limitedResources(at: ConfigurationReader): readonly LimitedResource[] {
  at.requireKind("apiserver.config.k8s.io/v1", "ResourceQuotaConfiguration");
  at.allow("apiVersion", "kind", "limitedResources");
  return at.items("limitedResources").map((item) => {
    item.allow("apiGroup", "resource", "matchContains", "matchScopes");
    return {
      apiGroup: item.text("apiGroup", ""),
      resource: item.text("resource"),
      matchContains: item.texts("matchContains"),
      matchScopes: item.items("matchScopes").map((scope): ScopedResourceSelectorRequirement => {
        scope.allow("scopeName", "operator", "values");
        return {
          scopeName: scope.text("scopeName"),
          operator: scope.text("operator"),
          values: [...scope.texts("values")],
        };
      }),
    };
  });
}
