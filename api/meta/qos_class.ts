import type { Pod, ResourceRequirements } from "../types/core_v1.ts";
import { Quantity } from "./quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** The resources that decide a class; others never do. */
const counted = ["cpu", "memory"] as const;

/**
 * The quality-of-service class of a Pod's spec: Guaranteed when all its containers have limits of CPU and memory and the requests are
 * the same, BestEffort when none asks for either, else Burstable. Amounts stated for the whole Pod decide alone.
 */
export function qosClass(pod: Pod): QosClass {
  const sources = requirements(pod);
  const requests = sum(sources, "requests");
  const limits = sum(sources, "limits");
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const allLimited = sources.every((source) => counted.every((name) => amount(source?.limits, name) !== undefined));
  const same = requests.size === limits.size &&
    [...requests].every(([name, request]) => limits.get(name)?.equals(request) ?? false);
  return allLimited && same ? "Guaranteed" : "Burstable";
}

function requirements(pod: Pod): (ResourceRequirements | undefined)[] {
  const whole = pod.spec.resources;
  if (whole) return [whole];
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((container) => container.resources);
}

/** A zero counts as not stated. */
function amount(texts: Readonly<Record<string, string>> | undefined, name: string): Quantity | undefined {
  const text = texts?.[name];
  const parsed = text === undefined ? undefined : Quantity.parse(text);
  return parsed && parsed.sign() > 0 ? parsed : undefined;
}

function sum(
  sources: readonly (ResourceRequirements | undefined)[],
  part: "requests" | "limits",
): Map<string, Quantity> {
  const totals = new Map<string, Quantity>();
  for (const source of sources) {
    for (const name of counted) {
      const own = amount(source?.[part], name);
      if (own) totals.set(name, totals.get(name)?.add(own) ?? own);
    }
  }
  return totals;
}
