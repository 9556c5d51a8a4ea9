import { cgroupChecks } from "./checks/cgroups.ts";
import { kernelChecks } from "./checks/kernel.ts";
import { machineChecks } from "./checks/machine.ts";
import { networkChecks } from "./checks/network.ts";
import { toolChecks } from "./checks/tools.ts";
import type { Facts } from "./facts.ts";
import type { Check, Finding } from "./finding.ts";

/** All that is looked at, in the order in which it is told. */
export const CHECKS: readonly Check[] = [
  ...machineChecks,
  ...cgroupChecks,
  ...kernelChecks,
  ...toolChecks,
  ...networkChecks,
];

/** Runs the checks that matter to what is wanted. Pure. */
export function runChecks(facts: Facts, checks: readonly Check[] = CHECKS): readonly Finding[] {
  return checks.filter(({ ofNodes }) => !ofNodes || facts.wanted.runsContainers).map(({ name, run }) => {
    const problem = run(facts);
    if (!problem) return { check: name, status: "ok" };
    return { check: name, status: problem.severity, what: problem.what, mend: problem.mend };
  });
}
