import { checkDns1123Label } from "../../../api/meta/names.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";
import { podTemplateWarnings } from "./pod_warnings.ts";
import { specPath } from "./scheduling_validation.ts";

interface Workload extends KubeObject {
  readonly spec: { readonly template?: PodTemplateSpec };
}

/** Pods are called by the names of what makes them. */
export function podNameWarnings({ metadata: { name = "" } }: KubeObject): string[] {
  const problems = checkDns1123Label(name);
  return problems.length === 0 ? [] : [
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; " +
    `a DNS label is recommended: [${problems.join(" ")}]`,
  ];
}

/** Of the template, when it may have changed. */
export function templateWarnings({ metadata, spec: { template } }: Workload, old?: Workload): string[] {
  if (template === undefined || metadata.generation === old?.metadata.generation) return [];
  return podTemplateWarnings(template, specPath.child("template"));
}
