import type { Admission, AdmissionContext, AdmissionPlugin, AdmissionRequest } from "./contract.ts";

/** Runs the plugins in order. Answers undefined when none of them had to wait, so that the usual write does not wait either. */
export function createAdmission(plugins: readonly AdmissionPlugin[], context: AdmissionContext): Admission {
  const run = (phase: "mutate" | "validate", request: AdmissionRequest, from = 0): Promise<void> | undefined => {
    for (let i = from; i < plugins.length; i++) {
      const pending = plugins[i]![phase]?.(request, context);
      if (pending) return pending.then(() => run(phase, request, i + 1));
    }
    return undefined;
  };
  return {
    mutate: (request) => run("mutate", request),
    validate: (request) => run("validate", request),
  };
}
